"""What the times of a conversation say, and nothing they do not say."""

from reviewqa.indicators.times import INDICATORS, Indicators, indicators, unsettled

__all__ = ["INDICATORS", "Indicators", "indicators", "unsettled"]
