"""Graph components for Rasa's pipeline: what Rasa and spaCy do not bring."""
