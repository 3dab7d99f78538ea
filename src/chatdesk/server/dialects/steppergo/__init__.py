"""The StepperGO platform as the reference server speaks it: a group conversation for every trip."""
