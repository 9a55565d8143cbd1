"""Synthetic national identity numbers (month + 80, the range of Tenor test data), with check digits made by the rule.

No number here can belong to anybody: no real number has a month above 72.
"""
import itertools
import random

FNR_SYSTEM = "urn:oid:2.16.578.1.12.4.1.4.1"

_FIRST = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_SECOND = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def _check(digits, weights):
    rest = 11 - sum(int(d) * w for d, w in zip(digits, weights)) % 11
    return "0" if rest == 11 else None if rest == 10 else str(rest)


def with_check_digits(nine):
    """The eleven digits that begin with these nine, or None where the rule gives no check digit."""
    first = _check(nine, _FIRST)
    if first is None:
        return None
    second = _check(nine + first, _SECOND)
    return None if second is None else nine + first + second


def numbers(seed=1):
    """Endless, different, valid synthetic numbers; the same for the same seed."""
    chance = random.Random(seed)
    seen = set()
    while True:
        day, month, year = chance.randint(1, 28), chance.randint(1, 12) + 80, chance.randint(40, 99)
        number = with_check_digits(f"{day:02}{month:02}{year:02}{chance.randint(0, 499):03}")
        if number and number not in seen:
            seen.add(number)
            yield number


def wrong_check_digit(number):
    """The same number with another last digit: never valid."""
    return number[:-1] + str((int(number[-1]) + 5) % 10)


_shared = numbers(seed=20261120)


def fresh():
    """A number no other test of this process uses."""
    return next(_shared)


def some(count):
    return list(itertools.islice(_shared, count))
