"""Why a plan is as it is: what each station is worth, why others stay closed, and other plans as good."""
