"""How common words are, roughly: enough to choose the words by which a phrase is looked for (see ``anchors``).

The lists are the most frequent words of this project's own labelled turns (``data/turns``), the most frequent first. A
wrong place in them costs time and changes nothing else.
"""

from __future__ import annotations

_COMMON = {
    "en": """
        the you and i to a my for it is in your on of me that with sorry i'm please we so can this was be are at do
        it's have i've no not one our been us what could from if would up all like thank by out now there need don't
        has just about you're got may back an time how will get want day then that's send as i'll days down after her
        off two again three but account tell here or only because hear yes can't left right know phone take number
        over he hours open new them come tomorrow weeks go had understand when before good she there's home room did
        first nothing work card find call order see still today money wrong month which help date i'd let says thanks
        late sent am waiting years came pay read someone we're four minutes much put six too check who any lost
        through way ask form last own dear look told were you've anything cancel does house its made oh since letter
        months next without address cancelled his paid why closed him old thing u wait apologise appointment bring
        course kids letters people every name night refund they tonight page nobody app front inconvenience line
        morning should well while broken change dm missed okay outside parcel till bill claim hold other ring ticket
        being fee gone
    """,
    "pl": """
        nie na w i z to sie o a za do pani ja prosze mi ze jest od mam po bo czy no tak pan jak co ma dzien bez
        rozumiem dobry zl juz ale przy przykro mnie dni moge dla przepraszam ile bardzo lat prosimy jestem numer
        jeszcze te dzis moze nic przez dwa jutro bedzie panie gdzie wiem dziekuje tym mozna teraz tylko przepraszamy
        ten pania pana u chce nam byc kiedy tego nikt przed bylo sa zwrot szanowny raz termin tu nas dziecko trzeba
        dziekujemy trzy domu pod razem wy sama szanowna was adres ktos panstwo wniosek byl cos panstwa dobrze ktory
        minut zeby brak by czekam moje wszystko dziala mamy rachunek tej wasz cala go zaswiadczenie konto stronie auto
        tam tyle wczoraj czeka kod moj panu uprzejmie wyplaty zlotych faktury telefon zgloszenie ktorej potrzebuje
        powodu da dzieci jedna konta pracy razy wszystkie zdjecia zostanie lata miesiace min pieniadze poprosze syn ta
        takie dzieki informacje miesiac my niech piec zamowienie dzwonie godziny jesli pisze potwierdzenie slowa
        zmienic czym leki mama naprawde pociag pol reklamacja tysiace umowy bym drzwi godzine mowi pokoj rano tez
        tygodni wiadomosc zapisac zlozyc formularz ktorego musze oczywiscie paczka syna temu terminu tydzien wczesniej
        bede boli corka dwoch meza nasza nr sobote spokojnie sprawie stoi zwrotu chciala dobra doktor faktura fakture
        gdyby kto miesiecy odwolac opoznienie placic poniedzialek robic
    """,
}
_MOST_COMMON = 0.045
"""The share of the most frequent word; the one at rank n has about the n-th part of it (Zipf's law)."""
_PREFIX = 0.0005
_RANKS = {language: {word: rank for rank, word in enumerate(words.split(), 1)} for language, words in _COMMON.items()}
_RARE = {language: _MOST_COMMON / (4 * len(ranks)) for language, ranks in _RANKS.items()}


def share(language: str, words: frozenset[str], prefixes: frozenset[str] = frozenset()) -> float:
    """About which share of the words of a text are one of these, or begin with one of ``prefixes``; 0 to 1."""
    ranks, rare = _RANKS[language], _RARE[language]
    found = sum(_MOST_COMMON / ranks[word] ** 0.9 if word in ranks else rare for word in sorted(words))
    return min(1.0, found + _PREFIX * len(prefixes))
