"""The findings in DuckDB and in SQLite, as their users would store them: columns for the queried fields, and the
document as text."""

import json
import sqlite3
import tempfile

import duckdb

GROUPS = "SELECT severity_label, count(*) FROM findings WHERE record_state = 'ACTIVE' GROUP BY severity_label"
NEWEST = "SELECT document FROM findings ORDER BY updated_at DESC LIMIT 100"


def row(position, document):
    """The columns of a finding; tags and teams are those of all its resources."""
    finding = json.loads(document)
    tags = {pair for resource in finding["Resources"] for pair in resource.get("Tags", {}).items()}
    columns = (
        position,
        finding["AwsAccountId"],
        finding["Severity"]["Label"],
        finding["Title"],
        finding["UpdatedAt"],
        finding["RecordState"],
        document,
    )
    return columns, tags


class DuckDb:
    """In memory, with the default number of threads. No index is needed: DuckDB reads columns, and skips blocks by their
    minimum and maximum values."""

    FIVE = """
        SELECT document FROM findings
        WHERE severity_label IN ('HIGH', 'CRITICAL') AND account = $account AND starts_with(title, $title)
        AND updated_at >= $start::TIMESTAMPTZ AND updated_at <= $end::TIMESTAMPTZ AND tags[$key] = $value
        ORDER BY position LIMIT 100
    """

    def __init__(self, documents):
        self.database = duckdb.connect()
        self.database.execute(
            "CREATE TABLE findings (position BIGINT, account VARCHAR, severity_label VARCHAR, title VARCHAR, "
            "updated_at TIMESTAMPTZ, record_state VARCHAR, document VARCHAR, tags MAP(VARCHAR, VARCHAR))"
        )
        # Loaded from a file of JSON lines, because inserting rows one by one is slow.
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            for position, document in enumerate(documents):
                columns, tags = row(position, document)
                print(json.dumps({"columns": columns, "tags": dict(tags)}), file=file)
            file.flush()
            self.database.execute(
                "INSERT INTO findings SELECT columns[1]::BIGINT, columns[2], columns[3], columns[4], "
                "columns[5]::TIMESTAMPTZ, columns[6], columns[7], tags FROM read_json(?, format = 'newline_delimited', "
                "columns = {columns: 'VARCHAR[]', tags: 'MAP(VARCHAR, VARCHAR)'}, maximum_object_size = 16777216)",
                [file.name],
            )

    def five(self, question):
        return self.database.execute(self.FIVE, question).fetchall()

    def newest(self):
        return self.database.execute(NEWEST).fetchall()

    def groups(self):
        return self.database.execute(GROUPS).fetchall()


class Sqlite:
    """In memory, with an index for each query."""

    FIVE = """
        SELECT document FROM findings
        WHERE severity_label IN ('HIGH', 'CRITICAL') AND account = :account AND title >= :title AND title < :title_end
        AND updated_at >= :start AND updated_at <= :end
        AND EXISTS (SELECT 1 FROM tags WHERE finding = position AND key = :key AND value = :value)
        ORDER BY position LIMIT 100
    """

    def __init__(self, documents):
        self.database = sqlite3.connect(":memory:")
        execute = self.database.execute
        execute(
            "CREATE TABLE findings (position INTEGER PRIMARY KEY, account TEXT, severity_label TEXT, title TEXT, "
            "updated_at TEXT, record_state TEXT, document TEXT)"
        )
        execute(
            "CREATE TABLE tags (finding INTEGER, key TEXT, value TEXT, PRIMARY KEY (finding, key, value)) WITHOUT ROWID"
        )
        for position, document in enumerate(documents):
            columns, tags = row(position, document)
            execute("INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?)", columns)
            self.database.executemany("INSERT INTO tags VALUES (?, ?, ?)", [(position, *tag) for tag in tags])
        execute("CREATE INDEX five ON findings (account, severity_label, updated_at, title)")
        execute("CREATE INDEX newest ON findings (updated_at)")
        execute("CREATE INDEX groups ON findings (record_state, severity_label)")
        self.database.commit()
        execute("ANALYZE")

    def five(self, question):
        # Titles are ASCII, so a prefix search is a range that ends at the prefix with its last letter incremented.
        title = question["title"]
        end = title[:-1] + chr(ord(title[-1]) + 1)
        return self.database.execute(self.FIVE, question | {"title_end": end}).fetchall()

    def newest(self):
        return self.database.execute(NEWEST).fetchall()

    def groups(self):
        return self.database.execute(GROUPS).fetchall()
