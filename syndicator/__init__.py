"""syndicator: one process between what is written and everyone who subscribes."""

__version__ = "0.1.0"
