"""Sleep, networks that go and come, and what others write meanwhile."""
