"""
Limits kept in Redis, each call one script there, so that nothing comes between looking and counting.

A Redis that does not answer is left alone for a while, and what callers do is counted elsewhere meanwhile.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from redis import Redis
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.exceptions import RedisError
from redis.retry import Retry

from cdsc_server.domain.patience import Patience
from cdsc_server.ports import Held, Limits

log = logging.getLogger(__name__)

#: Where its keys stand, beside those of the queue.
_PLACE: Final = "cdsc:limits:"
#: How long one question may take; a person waits for the answer.
_SECONDS: Final = 0.5
#: How long a Redis that did not answer is left alone.
_REST_SECONDS: Final = 5.0

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SECOND: Final = timedelta(seconds=1)

#: ARGV: seconds until the count may go.
_COUNT: Final = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
"""

#: ARGV: now, the oldest failure that still counts, seconds until failures may go, the limit of each key, and the ends
#: of the waits. Instants stay the text they came as: a number of Lua loses digits where it is written.
_ATTEMPT: Final = """
for place, key in ipairs(KEYS) do
  local until_ = redis.call('HGET', key, 'until')
  if until_ and tonumber(until_) > tonumber(ARGV[1]) then return {place, until_} end
end
local waits = 4 + #KEYS
for place, key in ipairs(KEYS) do
  local last, failures = redis.call('HGET', key, 'last'), 1
  if last and tonumber(last) >= tonumber(ARGV[2]) then failures = redis.call('HGET', key, 'failures') + 1 end
  -- The first thing written, and of a kind that a full Redis refuses: so all is counted here, or nothing.
  redis.call('HSET', key, 'failures', failures, 'last', ARGV[1])
  local beyond = failures - tonumber(ARGV[3 + place])
  if beyond < 0 then
    redis.call('HDEL', key, 'until')
  else
    redis.call('HSET', key, 'until', ARGV[math.min(waits + beyond, #ARGV)])
  end
  redis.call('EXPIRE', key, ARGV[3])
end
return false
"""

#: KEYS: the one to forget, and the one an attempt is taken back of, where there is one.
_FORGIVE: Final = """
redis.call('DEL', KEYS[1])
if KEYS[2] and tonumber(redis.call('HGET', KEYS[2], 'failures') or '0') > 0 then
  redis.call('HINCRBY', KEYS[2], 'failures', -1)
  redis.call('HDEL', KEYS[2], 'until')
end
"""


class _Away(Exception):
    """Redis does not answer."""


class RedisLimits:
    """
    Satisfies `ports.Limits`.

    Args:
        otherwise: counts while Redis does not answer.
    """

    def __init__(self, redis: Redis, *, otherwise: Limits) -> None:
        self._otherwise = otherwise
        self._count = redis.register_script(_COUNT)
        self._attempt = redis.register_script(_ATTEMPT)
        self._forgive = redis.register_script(_FORGIVE)
        #: On the clock that never jumps: when Redis is asked again; None while it answers.
        self._rests_until: float | None = None

    @classmethod
    def at(cls, url: str, *, otherwise: Limits) -> Self:
        """Those at this address, which need not answer yet."""
        # The second try is for a connection that broke while it lay idle.
        retry = Retry(NoBackoff(), 1)
        redis = Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, retry=retry)
        return cls(redis, otherwise=otherwise)

    def count(self, key: str, *, start: datetime, end: datetime) -> int:
        """Count under a name of this stretch alone, which is gone as long after the first count as that is."""
        kept = _whole_seconds(end - start)
        try:
            return int(self._ask(self._count, [f"{key}:{_microseconds(start)}"], [kept]))
        except _Away:
            return self._otherwise.count(key, start=start, end=end)

    def attempt(self, limits: Mapping[str, int], *, patience: Patience, now: datetime) -> Held | None:
        """Count for all keys or for none; they are gone when nothing of them counts or waits any more."""
        kept = _whole_seconds(max(patience.forgotten, *patience.waits))
        arguments = [_microseconds(now), _microseconds(now - patience.forgotten), kept, *limits.values()]
        arguments += [_microseconds(now + wait) for wait in patience.waits]
        try:
            held = self._ask(self._attempt, list(limits), arguments)
        except _Away:
            return self._otherwise.attempt(limits, patience=patience, now=now)
        if held is None:
            return None
        place, until = held
        return Held(list(limits)[place - 1], _EPOCH + int(until) * _MICROSECOND)

    def forgive(self, key: str, *, counted_for: str | None = None) -> None:
        """Forget here; what was counted elsewhere in the meantime is forgotten there with time."""
        try:
            self._ask(self._forgive, [key] if counted_for is None else [key, counted_for], [])
        except _Away:
            self._otherwise.forgive(key, counted_for=counted_for)

    def _ask(self, script: Script, keys: Sequence[str], arguments: Sequence[int]) -> Any:
        if self._rests_until is not None and time.monotonic() < self._rests_until:
            raise _Away
        try:
            answer = script(keys=[_PLACE + key for key in keys], args=arguments)
        except RedisError as fault:
            if self._rests_until is None:
                log.error("limits: Redis does not answer: %s", fault)  # noqa: TRY400 - the words say it all
            self._rests_until = time.monotonic() + _REST_SECONDS
            raise _Away from fault
        if self._rests_until is not None:
            self._rests_until = None
            log.info("limits: Redis answers again")
        return answer


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _whole_seconds(length: timedelta) -> int:
    return -(-length // _SECOND)
