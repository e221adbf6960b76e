"""The records that go from file to loss to report, each with the one codec that reads and writes it."""
