"""Botwijzer: a Dutch FAQ assistant that answers with the sentences of one health article."""
