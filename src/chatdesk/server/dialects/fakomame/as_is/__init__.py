"""Fakomame as its servers were recorded, faults included; nothing in here is meant to be good."""
