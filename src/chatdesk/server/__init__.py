"""The reference server: one core, one dialect per platform, and the customers of the demo."""
