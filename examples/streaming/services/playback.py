"""playback: streams, resume positions and `setProgress`, as a GraphQL subgraph.

Initial positions come from the seed. Changes by `setProgress` are in a SQLite file that
both instances open, so that their responses are equal.
"""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from weakref import finalize

from examples.streaming.dataset import titles_by_id
from examples.streaming.seeds import started_positions, user_ids
from examples.streaming.services.subgraph import (
    Definition,
    Info,
    JSONObject,
    Resolver,
    Subgraph,
    check_not_negative,
    head,
    read_sdl,
    refuse,
)

VIDEO_HOST = "https://video.streaming.example"

# Height and kbit/s of the streams, the best first; AV1 needs half of H.264's rate.
LADDER = ((2160, 16000), (1080, 6000), (720, 3200), (480, 1400), (240, 500))
DEVICE_CODECS = {"WEB": ("AV1", "H264"), "MOBILE": ("AV1",), "TV": ("HEVC", "AV1")}
DEVICE_MAX_HEIGHT = {"WEB": 1080, "MOBILE": 720, "TV": 2160}
CODEC_SHARE = {"AV1": 0.5, "HEVC": 0.6, "H264": 1.0}
DOWNLOAD_HEIGHTS = (720, 480, 240)
AUDIO = ("en 5.1", "en stereo", "de stereo", "fr stereo", "es stereo")

seeded_positions = lru_cache(maxsize=256)(started_positions)


class Positions:
    """Resume positions in seconds, by user and title."""

    def __init__(self, file: str) -> None:
        self._database = sqlite3.connect(
            file,
            timeout=5.0,
            isolation_level=None,
            # The garbage collector closes it, in any thread.
            check_same_thread=False,
        )
        finalize(self, self._database.close)
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS positions (user TEXT, title TEXT,"
            " seconds INTEGER, PRIMARY KEY (user, title)) WITHOUT ROWID"
        )

    def get(self, user: str, title: str) -> int | None:
        row = self._database.execute(
            "SELECT seconds FROM positions WHERE user = ? AND title = ?", (user, title)
        ).fetchone()
        return row[0] if row else seeded_positions(user).get(title)

    def set(self, user: str, title: str, seconds: int) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", (user, title, seconds)
        )

    def started(self, user: str) -> list[str]:
        rows = self._database.execute(
            "SELECT title FROM positions WHERE user = ? ORDER BY title", (user,)
        ).fetchall()
        return list(dict.fromkeys([*(row[0] for row in rows), *seeded_positions(user)]))


def title_object(title_id: str, duration_s: int | None = None) -> JSONObject:
    return {"id": title_id, "durationSeconds": duration_s}


def referenced_title(reference: JSONObject) -> JSONObject | None:
    if reference["id"] not in titles_by_id():
        return None
    return title_object(reference["id"], reference.get("durationSeconds"))


def streams(
    title: JSONObject, _info: Info, device: str, first: int
) -> Sequence[JSONObject]:
    found = [
        stream_object(title, height, codec, kbps)
        for height, kbps in LADDER
        for codec in DEVICE_CODECS[device]
        if height <= DEVICE_MAX_HEIGHT[device]
    ]
    return head(found, first)


def stream_object(
    title: JSONObject, height: int, codec: str, h264_kbps: int
) -> JSONObject:
    name = f"{title['id']}-{height}-{codec.lower()}"
    bitrate_kbps = int(h264_kbps * CODEC_SHARE[codec])
    return {
        "id": name,
        "url": f"{VIDEO_HOST}/{title['id']}/{name}/manifest.mpd",
        "height": height,
        "codec": codec,
        "bitrateKbps": bitrate_kbps,
        "sizeBytes": size_bytes(title, bitrate_kbps),
        "audio": AUDIO,
        "dolbyVision": codec == "HEVC",
    }


def size_bytes(title: JSONObject, bitrate_kbps: int) -> int | None:
    duration_s = title["durationSeconds"]
    return None if duration_s is None else duration_s * bitrate_kbps * 125


def downloads(title: JSONObject, _info: Info) -> list[JSONObject]:
    return [
        {
            "id": f"{title['id']}-{height}-offline",
            "url": f"{VIDEO_HOST}/{title['id']}/offline-{height}.mp4",
            "height": height,
            "bitrateKbps": kbps // 2,
            "sizeBytes": size_bytes(title, kbps // 2),
        }
        for height, kbps in LADDER
        if height in DOWNLOAD_HEIGHTS
    ]


def progress_resolver(positions: Positions) -> Resolver:
    def resolve(title: JSONObject, _info: Info, user: str) -> JSONObject | None:
        position = positions.get(user, title["id"])
        if position is None:
            return None
        duration_s = title["durationSeconds"]
        left = None if duration_s is None else max(duration_s - position, 0)
        return {"positionSeconds": position, "remainingSeconds": left}

    return resolve


def set_progress_resolver(positions: Positions) -> Resolver:
    def resolve(
        _root: None,
        _info: Info,
        user: str,
        title: str,
        positionSeconds: int,  # noqa: N803 - the argument's name in the schema
    ) -> JSONObject:
        check_progress(user, title, positionSeconds)
        positions.set(user, title, positionSeconds)
        return {
            "user": user,
            "positionSeconds": positionSeconds,
            "title": title_object(title),
        }

    return resolve


def check_progress(user: str, title: str, position_s: int) -> None:
    if user not in user_ids():
        refuse("NOT_FOUND", f"There is no user {user!r}.")
    if title not in titles_by_id():
        refuse("NOT_FOUND", f"There is no title {title!r}.")
    check_not_negative("positionSeconds", position_s)


def create_app(state_file: str) -> Subgraph:
    positions = Positions(state_file)
    return Subgraph(
        Definition(
            sdl=read_sdl("playback.graphql"),
            resolvers={
                "Query.playableTitles": lambda _root, _info, ids: [
                    title_object(key) for key in ids if key in titles_by_id()
                ],
                "Query.startedTitles": lambda _root, _info, user, first: [
                    title_object(key) for key in head(positions.started(user), first)
                ],
                "Mutation.setProgress": set_progress_resolver(positions),
                "Title.progress": progress_resolver(positions),
                "Title.streams": streams,
                "Title.downloads": downloads,
            },
            references={"Title": referenced_title},
            cache_control="private, max-age=0",
        )
    )
