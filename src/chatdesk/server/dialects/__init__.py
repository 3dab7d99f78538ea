"""One dialect per platform: its routes, events and words over the core."""
