"""A desktop chat client for people who answer customers about orders, on five platforms."""

__version__ = "0.1.0"
