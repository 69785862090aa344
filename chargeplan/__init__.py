"""Plan electric-vehicle charging stations for Pakistani cities."""

__version__ = "0.1.0"
