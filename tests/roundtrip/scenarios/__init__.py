"""What is tried at every platform: async functions of a `Place`; the table says which shows what where."""
