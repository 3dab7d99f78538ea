"""Recorded traffic played against the real adapter, client, engine and store."""
