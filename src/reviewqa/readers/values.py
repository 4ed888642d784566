"""Words that people write for a channel or a language, to the model's own."""

from __future__ import annotations

from collections.abc import Mapping

from reviewqa.conversation import Channel
from reviewqa.readers.labels import fold

_CHANNELS: Mapping[Channel, str] = {
    "chat": "chat, czat, live chat, livechat, web chat, komunikator",
    "email": "email, e-mail, mail, poczta, mejl",
    "phone": "phone, telefon, call, voice, rozmowa telefoniczna, infolinia, voip",
    "ticket": "ticket, zgłoszenie, helpdesk, formularz, form",
    "social": "social, social media, media społecznościowe, facebook, twitter, instagram",
}
_LANGUAGES = {
    "pl": "polski, polish, po polsku",
    "en": "angielski, english, po angielsku",
    "de": "niemiecki, german, deutsch",
}
_CHANNEL_OF: Mapping[str, Channel] = {
    fold(word): channel for channel, words in _CHANNELS.items() for word in words.split(",")
}
_LANGUAGE_OF = {fold(word): tag for tag, words in _LANGUAGES.items() for word in words.split(",")}
CHANNELS = ", ".join(_CHANNELS)


def channel_of(word: str) -> Channel | None:
    """The channel that a word names, or None."""
    return _CHANNEL_OF.get(fold(word))


def language_of(word: str) -> str:
    """The tag of a language's name; a tag, or anything else, as it is."""
    return _LANGUAGE_OF.get(fold(word), word.strip())
