"""Rebuild the files of the embedded city: ``python -m chargeplan.demo_city``."""

from chargeplan.demo_city.build import build_demo_city

if __name__ == "__main__":
    build_demo_city()
