"""Searching the messages: everywhere, and in the conversation that is open."""
