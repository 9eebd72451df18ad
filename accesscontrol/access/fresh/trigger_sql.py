"""How triggers are written on SQLite and PostgreSQL, and how the installed ones are read back and compared."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

from accesscontrol.access.fresh.epochs import SEQUENCE

#: Names of our triggers begin with one of these; install and uninstall touch no others.
PREFIXES = ("access_epoch_", "audit_keep_")


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger on one database: its table and its text; on PostgreSQL also the body of its function.

    Each PostgreSQL trigger has a function of its own name, so that name and body say everything.
    """

    name: str
    table: str
    text: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Renewal:
    """Which changes of a table renew the epochs of which trees.

    columns: those that the keys need. keys: SELECTs of top-level account ids; `{changed}` stands for the changed rows
    with these columns. watched: the columns whose change counts; empty = all. events: what counts besides updates.
    """

    table: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    watched: tuple[str, ...] = ()
    events: tuple[str, ...] = ("insert", "delete")

    def triggers(self, vendor: str) -> list[Trigger]:
        """The triggers on a database: one for each event, and SQLite's guard against INSERT OR REPLACE."""
        events = ("update", *self.events)
        if vendor == "postgresql":
            return [self._on_postgresql(event) for event in events]
        return [self._on_sqlite(event) for event in (*events, "replace")]

    def _roots(self, changed: str) -> str:
        return " UNION ".join(key.format(changed=changed) for key in self.keys)

    def _on_sqlite(self, event: str) -> Trigger:
        """A row trigger. Two statements and no conflict clause: OR IGNORE of the writer would override one."""
        name = f"access_epoch_{self.table}_{event}"
        old, new = (", ".join(f"{row}.{column} AS {column}" for column in self.columns) for row in ("OLD", "NEW"))
        stored = f"SELECT {', '.join(self.columns)} FROM {self.table} WHERE id = NEW.id"
        changed = {
            "insert": f"SELECT {new}",
            "delete": f"SELECT {old}",
            "update": f"SELECT {old} UNION ALL SELECT {new}",
            "replace": f"{stored} UNION ALL SELECT {new}",
        }[event]
        of = f" OF {', '.join(self.watched)}" if self.watched else ""
        really = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in self.watched)
        when, condition = {
            "insert": ("AFTER INSERT", ""),
            "delete": ("AFTER DELETE", ""),
            "update": (f"AFTER UPDATE{of}", f" WHEN {really}" if really else ""),
            "replace": ("BEFORE INSERT", f" WHEN EXISTS (SELECT 1 FROM {self.table} WHERE id = NEW.id)"),
        }[event]
        roots = self._roots(f"({changed})")
        text = (
            f"CREATE TRIGGER {name} {when} ON {self.table} FOR EACH ROW{condition} BEGIN\n"
            f"  UPDATE access_accessepoch SET value = random() WHERE root IN ({roots});\n"
            "  INSERT INTO access_accessepoch (root, value)\n"
            f"    SELECT root, random() FROM (SELECT DISTINCT root FROM ({roots}))\n"
            "    WHERE root IS NOT NULL AND root NOT IN (SELECT root FROM access_accessepoch);\n"
            "END"
        )
        return Trigger(name, self.table, text)

    def _on_postgresql(self, event: str) -> Trigger:
        """A statement trigger: its cost does not grow with the square of the rows, as a row trigger's does."""
        name = f"access_epoch_{self.table}_{event}"
        tables = {"insert": ("NEW",), "delete": ("OLD",), "update": ("OLD", "NEW")}[event]
        referencing = " ".join(f"{table} TABLE AS {table.lower()}_rows" for table in tables)
        text = (
            f"CREATE TRIGGER {name} AFTER {event.upper()} ON {self.table} REFERENCING {referencing} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
        columns = ", ".join(self.columns)
        changed = " UNION ALL ".join(f"SELECT {columns} FROM {table.lower()}_rows" for table in tables)
        nothing = "false"
        if event == "update" and self.watched:
            all_columns = ", ".join(dict.fromkeys(("id", *self.watched, *self.columns)))
            old, new = (f"SELECT {all_columns} FROM {table}_rows" for table in ("old", "new"))
            changed = (
                f"SELECT {columns} FROM ({old} EXCEPT {new}) AS was "
                f"UNION ALL SELECT {columns} FROM ({new} EXCEPT {old}) AS is_now"
            )
            nothing = f"NOT EXISTS ({old} EXCEPT {new})"
        query = (
            f"WITH changed AS ({changed}) SELECT array_agg(DISTINCT root ORDER BY root) "
            f"FROM ({self._roots('changed')}) AS roots WHERE root IS NOT NULL"
        )
        return Trigger(name, self.table, text, _RENEW.format(nothing=nothing, query=query, sequence=SEQUENCE))


# EXECUTE, since a plan made for the first statement's number of rows would be kept for all later ones. Rows in the
# order of their roots, so that two writers never wait for each other in a circle. A second look after the rows are
# locked, since a writer waited for may have moved an account to another tree meanwhile.
_RENEW = """
DECLARE
  roots bigint[];
  renewed bigint[] := '{{}}';
BEGIN
  IF {nothing} THEN
    RETURN NULL;
  END IF;
  LOOP
    EXECUTE $query${query}$query$ INTO roots;
    EXIT WHEN roots IS NULL OR roots <@ renewed;
    INSERT INTO access_accessepoch (root, value)
      SELECT root, nextval('{sequence}') FROM unnest(roots) AS root WHERE NOT root = ANY (renewed) ORDER BY root
      ON CONFLICT (root) DO UPDATE SET value = nextval('{sequence}');
    renewed := renewed || roots;
  END LOOP;
  RETURN NULL;
END
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change of a table that the database refuses, whoever asks.

    event: UPDATE, DELETE, TRUNCATE (PostgreSQL) or INSERT (SQLite, against INSERT OR REPLACE).
    when: the condition, in SQL over OLD and NEW, under which it is refused; empty = always.
    """

    name: str
    table: str
    event: str
    message: str
    when: str = ""

    def triggers(self, vendor: str) -> list[Trigger]:
        """The trigger on a database; none where the database does not know the event or does not need it."""
        if vendor == "postgresql":
            return [] if self.event == "INSERT" else [self._on_postgresql()]
        return [] if self.event == "TRUNCATE" else [self._on_sqlite()]

    def _on_sqlite(self) -> Trigger:
        condition = f" WHEN {self.when}" if self.when else ""
        text = (
            f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} FOR EACH ROW{condition} "
            f"BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
        )
        return Trigger(self.name, self.table, text)

    def _on_postgresql(self) -> Trigger:
        row = "STATEMENT" if self.event == "TRUNCATE" else "ROW"
        text = (
            f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} "
            f"FOR EACH {row} EXECUTE FUNCTION {self.name}()"
        )
        body = _REFUSE.format(condition=self.when or "true", message=self.message)
        return Trigger(self.name, self.table, text, body)


_REFUSE = """
BEGIN
  IF {condition} THEN
    RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN COALESCE(NEW, OLD);
END
"""


def create(connection: BaseDatabaseWrapper, trigger: Trigger) -> None:
    """Create a trigger; on PostgreSQL with its function."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {trigger.name}() RETURNS trigger "
                f"LANGUAGE plpgsql AS $body${trigger.body}$body$"
            )
        cursor.execute(trigger.text)


def installed(connection: BaseDatabaseWrapper) -> dict[str, Trigger]:
    """Our triggers as the database has them, by name; a disabled one is not among them."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT t.tgname, c.relname, pg_get_triggerdef(t.oid, true), p.prosrc FROM pg_trigger t "
                "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
                "WHERE NOT t.tgisinternal AND t.tgenabled = 'O' AND c.relnamespace = current_schema()::regnamespace"
            )
        else:
            cursor.execute("SELECT name, tbl_name, sql, '' FROM sqlite_master WHERE type = 'trigger'")
        rows = [Trigger(*row) for row in cursor.fetchall()]
    return {trigger.name: trigger for trigger in rows if _is_ours(trigger.name)}


def _is_ours(name: str) -> bool:
    return name.startswith(PREFIXES)


def drop_all(connection: BaseDatabaseWrapper) -> None:
    """Drop every trigger of ours that is there, disabled ones and those of older versions too."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
            )
            statements = [f"DROP TRIGGER {name} ON {table}" for name, table in cursor.fetchall() if _is_ours(name)]
            cursor.execute("SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace")
            statements += [f"DROP FUNCTION {name}" for (name,) in cursor.fetchall() if _is_ours(name)]
        else:
            statements = [f"DROP TRIGGER {name}" for name in installed(connection)]
        for statement in statements:
            cursor.execute(statement)
