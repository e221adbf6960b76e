"""The stages that change a policy, and the run that puts them in order."""
