"""What the recorded StepperGO servers do, faults included: one module per kind of part that differs."""
