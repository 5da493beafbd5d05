"""The ways in and out: each channel takes messages to Rasa and draws what comes back."""
