"""The machine around us: keyring, single instance, folders, and what else the system offers."""
