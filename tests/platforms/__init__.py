"""Tests of the adapters and of the link under them."""
