"""The blind questions and the floors that the scores on them must hold."""
