"""Adapter for the StepperGO platform: one trip is one group conversation, sent by socket, read by REST."""
