"""Adapter for the dispatcher platform: one order is one conversation, sent by REST, pushed by socket."""
