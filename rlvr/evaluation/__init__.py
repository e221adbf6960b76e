"""What a policy does on rows that it was not trained on."""
