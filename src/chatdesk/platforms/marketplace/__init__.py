"""The adapter of the marketplace platform: pure translation, and a client that moves bytes."""
