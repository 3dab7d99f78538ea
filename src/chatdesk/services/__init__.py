"""What a person can ask for, as plain async functions without Qt."""
