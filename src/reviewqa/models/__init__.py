"""Politeness and empathy of agents' turns: small linear models, local, with the words that moved each score."""

from reviewqa.models.scorer import Scorer

__all__ = ["Scorer"]
