"""Asks python-oracledb (thin) the questions of features.txt.

usage: check.py HOST PORT SERVICE USER   (password: environment, PASSWORD)
"""
import datetime
import decimal
import os
import sys
import threading
import time

import oracledb

host, port, service, user = sys.argv[1:5]
password = os.environ["PASSWORD"]
dsn = f"{host}:{port}/{service}"
D = decimal.Decimal
CHECKS = {}


def check(name):
    def register(fn):
        CHECKS[name] = fn
        return fn
    return register


def connect(**more):
    settings = {"user": user, "password": password, "dsn": dsn, **more}
    return oracledb.connect(**settings)


def equal(got, want):
    if got == want:
        return
    if isinstance(want, (list, tuple)) and isinstance(got, (list, tuple)) and len(got) == len(want):
        for one, other in zip(got, want):
            equal(one, other)
    raise AssertionError(f"got {got!r:.80}, want {want!r:.80}")


def table(cur, columns, name="py"):
    try:
        cur.execute(f"DROP TABLE {name} CASCADE CONSTRAINTS PURGE")
    except oracledb.DatabaseError:
        pass
    cur.execute(f"CREATE TABLE {name} ({columns})")


def code(fn):
    """Returns the ORA code that fn fails with."""
    try:
        fn()
    except oracledb.Error as e:
        return ora(e)
    return 0


def ora(e):
    error = e.args[0]
    text = str(error)
    if error.code:
        return error.code
    for word in text.replace("\n", " ").replace(":", " ").split():
        if word.startswith("ORA-"):
            return int(word[4:])
    return text


def around(cur, kind, values, typ=None):
    """Writes values into a column of a type and reads them back."""
    table(cur, f"id NUMBER, v {kind}")
    for i, v in enumerate(values):
        if typ is not None:
            cur.setinputsizes(None, typ)
        cur.execute("INSERT INTO py VALUES (:1, :2)", [i, v])
    return [row[0] for row in cur.execute("SELECT v FROM py ORDER BY id")]


@check("connect")
def _(con, cur):
    equal(con.thin, True)
    equal(con.version.split(".")[0] >= "12", True)
    equal(cur.execute("SELECT 1 FROM DUAL").fetchone(), (1,))


@check("wrong-password")
def _(con, cur):
    equal(code(lambda: connect(password="wrong")), 1017)
    equal(code(lambda: connect(user="nobody")), 1017)


@check("wrong-service")
def _(con, cur):
    try:
        connect(dsn=f"{host}:{port}/NOSUCH")
    except oracledb.Error as e:
        equal("DPY-6001" in str(e) or "ORA-12514" in str(e), True)
    else:
        raise AssertionError("connected")


@check("ping")
def _(con, cur):
    con.ping()
    con.call_timeout = 5000
    con.ping()


@check("number")
def _(con, cur):
    values = [D("99999999999999999999999999999999999999"), D("-99999999999999999999999999999999999999"), D("0"), D("1E-10"),
              D("-0.1"), D("12345678901234567890.123456789012345678"), D("1E+100"), D("3.14"), D(-7)]
    cur.outputtypehandler = lambda c, m: cur.var(decimal.Decimal, arraysize=cur.arraysize)
    equal(around(cur, "NUMBER", values), values)
    cur.outputtypehandler = None
    equal(cur.execute("SELECT 5/2, 10/5, 1/4*4 FROM DUAL").fetchone(), (2.5, 2, 1))
    equal(cur.execute("SELECT 9007199254740993 FROM DUAL").fetchone(), (9007199254740993,))


@check("varchar2")
def _(con, cur):
    values = ["plain", "Größe", "日本語", "🚀 and 𝄞", "x" * 3000, "line\nline", "", None, " "]
    want = [v or None for v in values]
    equal(around(cur, "VARCHAR2(4000)", values), want)
    equal(cur.execute("SELECT 'Ä€🚀', LENGTH('Ä€🚀') FROM DUAL").fetchone(), ("Ä€🚀", 3))


@check("nvarchar2")
def _(con, cur):
    values = ["Größe 🚀", "日本語", None]
    equal(around(cur, "NVARCHAR2(100)", values, oracledb.DB_TYPE_NVARCHAR), values)
    equal(around(cur, "NCHAR(3)", ["é"], oracledb.DB_TYPE_NCHAR), ["é  "])


@check("char")
def _(con, cur):
    equal(around(cur, "CHAR(5)", ["ab", "Ä", None]), ["ab   ", "Ä   ", None])
    equal(cur.execute("SELECT COUNT(*) FROM py WHERE v = 'ab'").fetchone(), (1,))


@check("date")
def _(con, cur):
    values = [datetime.datetime(2026, 11, 22, 23, 59, 58), datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59), None]
    equal(around(cur, "DATE", values), values)
    equal(around(cur, "DATE", [datetime.date(2024, 2, 29)]), [datetime.datetime(2024, 2, 29)])


@check("timestamp")
def _(con, cur):
    values = [datetime.datetime(2026, 11, 22, 23, 59, 58, 123456), datetime.datetime(1999, 1, 1), None]
    equal(around(cur, "TIMESTAMP(9)", values, oracledb.DB_TYPE_TIMESTAMP), values)
    text = cur.execute("SELECT TO_CHAR(TIMESTAMP '2026-11-22 01:02:03.123456789', 'SS.FF9') FROM DUAL").fetchone()
    equal(text, ("03.123456789",))


@check("timestamp-tz")
def _(con, cur):
    zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    value = datetime.datetime(2026, 11, 22, 23, 59, 58, 5000, zone)
    got = around(cur, "TIMESTAMP WITH TIME ZONE", [value], oracledb.DB_TYPE_TIMESTAMP_TZ)[0]
    utc = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    equal(got in (value.replace(tzinfo=None), utc, value), True)


@check("timestamp-ltz")
def _(con, cur):
    value = datetime.datetime(2026, 11, 22, 23, 59, 58)
    equal(around(cur, "TIMESTAMP WITH LOCAL TIME ZONE", [value], oracledb.DB_TYPE_TIMESTAMP_LTZ), [value])


@check("interval")
def _(con, cur):
    value = datetime.timedelta(days=-3, hours=4, minutes=5, seconds=6, microseconds=7)
    equal(cur.execute("SELECT INTERVAL '3 04:05:06' DAY TO SECOND FROM DUAL").fetchone(),
          (datetime.timedelta(days=3, hours=4, minutes=5, seconds=6),))
    equal(around(cur, "INTERVAL DAY(5) TO SECOND(9)", [value]), [value])
    cur.execute("SELECT INTERVAL '3-4' YEAR TO MONTH FROM DUAL").fetchone()


@check("raw")
def _(con, cur):
    values = [b"\x00\xff\x7f", b"x" * 2000, None]
    equal(around(cur, "RAW(2000)", values), values)


@check("binary-double")
def _(con, cur):
    values = [1.5, -2.25e-300, 1.7e308, 0.0, None]
    equal(around(cur, "BINARY_DOUBLE", values, oracledb.DB_TYPE_BINARY_DOUBLE), values)
    equal(around(cur, "BINARY_FLOAT", [0.5, -8.0], oracledb.DB_TYPE_BINARY_FLOAT), [0.5, -8.0])


@check("clob")
def _(con, cur):
    oracledb.defaults.fetch_lobs = False
    values = ["short", "Größe 🚀" * 5000, None]
    equal(around(cur, "CLOB", values, oracledb.DB_TYPE_CLOB), values)


@check("blob")
def _(con, cur):
    oracledb.defaults.fetch_lobs = False
    values = [b"\x00\x01", bytes(range(256)) * 300, None]
    equal(around(cur, "BLOB", values, oracledb.DB_TYPE_BLOB), values)


@check("boolean")
def _(con, cur):
    equal(cur.execute("SELECT TRUE FROM DUAL").fetchone(), (True,))
    equal(around(cur, "BOOLEAN", [True, False, None]), [True, False, None])


@check("json")
def _(con, cur):
    equal(around(cur, "JSON", [{"a": [1, 2]}], oracledb.DB_TYPE_JSON), [{"a": [1, 2]}])


@check("rowid")
def _(con, cur):
    table(cur, "n NUMBER")
    cur.execute("INSERT INTO py VALUES (1)")
    rowid = cur.execute("SELECT ROWID FROM py").fetchone()[0]
    equal(cur.execute("SELECT n FROM py WHERE ROWID = :1", [rowid]).fetchone(), (1,))


@check("null")
def _(con, cur):
    table(cur, "a NUMBER, b VARCHAR2(5), c DATE, d TIMESTAMP, e RAW(5), f CLOB, g BLOB, h CHAR(2), i BINARY_DOUBLE")
    cur.execute("INSERT INTO py VALUES (:1, :2, :3, :4, :5, :6, :7, :8, :9)", [None] * 9)
    equal(cur.execute("SELECT * FROM py").fetchone(), (None,) * 9)
    equal(cur.execute("SELECT NULL, NVL(:1, 'x') FROM DUAL", [None]).fetchone(), (None, "x"))


@check("bind-in")
def _(con, cur):
    now = datetime.datetime(2026, 11, 22, 1, 2, 3)
    row = (1, 2.5, D("3.25"), "text", now, b"\x01\x02")
    got = cur.execute("SELECT :1, :2, :3, :4, :5, :6 FROM DUAL", row).fetchone()
    equal(got, (1, 2.5, 3.25, "text", now, b"\x01\x02"))
    equal(cur.execute("SELECT :n + 1 FROM DUAL WHERE :t = 'a'", n=41, t="a").fetchone(), (42,))


@check("bind-repeated")
def _(con, cur):
    equal(cur.execute("SELECT :x, :y, :x FROM DUAL", x=1, y="b").fetchone(), (1, "b", 1))


@check("array")
def _(con, cur):
    table(cur, "n NUMBER, v VARCHAR2(20), d DATE")
    day = datetime.datetime(2026, 1, 1)
    cur.executemany("INSERT INTO py VALUES (:1, :2, :3)", [(i, f"v{i}" if i % 3 else None, day) for i in range(1000)])
    equal(cur.rowcount, 1000)
    equal(cur.execute("SELECT COUNT(*), SUM(n), COUNT(v) FROM py").fetchone(), (1000, 499500, 666))
    cur.executemany("UPDATE py SET v = :1 WHERE n < :2", [("a", 3), ("b", 5)], arraydmlrowcounts=True)
    equal(cur.getarraydmlrowcounts(), [3, 5])


@check("batch-errors")
def _(con, cur):
    table(cur, "n NUMBER PRIMARY KEY")
    cur.executemany("INSERT INTO py VALUES (:1)", [(1,), (2,), (1,), (3,), (2,)], batcherrors=True)
    equal([(e.offset, e.code) for e in cur.getbatcherrors()], [(2, 1), (4, 1)])
    equal(cur.execute("SELECT COUNT(*) FROM py").fetchone(), (3,))


@check("returning")
def _(con, cur):
    table(cur, "n NUMBER GENERATED ALWAYS AS IDENTITY, v VARCHAR2(10)")
    n, v = cur.var(int), cur.var(str)
    cur.execute("INSERT INTO py (v) VALUES (:1) RETURNING n, v INTO :2, :3", ["one", n, v])
    equal((n.getvalue(), v.getvalue()), ([1], ["one"]))
    cur.execute("INSERT INTO py (v) VALUES ('two')")
    cur.execute("UPDATE py SET v = v || '!' RETURNING n, v INTO :1, :2", [n, v])
    equal((sorted(n.getvalue()), sorted(v.getvalue())), ([1, 2], ["one!", "two!"]))
    many = cur.var(int, arraysize=3)
    cur.setinputsizes(None, many)
    cur.executemany("INSERT INTO py (v) VALUES (:1) RETURNING n INTO :2", [("x",), ("y",), ("z",)])
    equal(many.values, [[3], [4], [5]])


@check("plsql-out")
def _(con, cur):
    n, v = cur.var(int), cur.var(str)
    cur.execute("BEGIN :n := :a + 1; :v := UPPER(:b); END;", n=n, a=41, v=v, b="text")
    equal((n.getvalue(), v.getvalue()), (42, "TEXT"))
    cur.execute("BEGIN SELECT 7 INTO :n FROM DUAL; END;", n=n)
    equal(n.getvalue(), 7)


@check("plsql-procedure")
def _(con, cur):
    cur.execute("CREATE OR REPLACE PROCEDURE py_twice(a IN NUMBER, b OUT NUMBER) AS BEGIN b := a * 2; END;")
    n = cur.var(int)
    cur.callproc("py_twice", [21, n])
    equal(n.getvalue(), 42)


@check("ref-cursor")
def _(con, cur):
    out = con.cursor()
    cur.execute("BEGIN OPEN :c FOR SELECT 1 a, 'x' b FROM DUAL UNION ALL SELECT 2, 'y' FROM DUAL; END;", c=out)
    equal(out.fetchall(), [(1, "x"), (2, "y")])


@check("implicit-results")
def _(con, cur):
    cur.execute("DECLARE c SYS_REFCURSOR; BEGIN OPEN c FOR SELECT 1 FROM DUAL; DBMS_SQL.RETURN_RESULT(c); END;")
    equal(cur.getimplicitresults()[0].fetchall(), [(1,)])


@check("transaction")
def _(con, cur):
    table(cur, "n NUMBER")
    cur.execute("INSERT INTO py VALUES (1)")
    equal(con.transaction_in_progress, True)
    con.rollback()
    equal(cur.execute("SELECT COUNT(*) FROM py").fetchone(), (0,))
    cur.execute("INSERT INTO py VALUES (1)")
    con.commit()
    equal(con.transaction_in_progress, False)
    con.rollback()
    equal(cur.execute("SELECT COUNT(*) FROM py").fetchone(), (1,))
    con.autocommit = True
    cur.execute("INSERT INTO py VALUES (2)")
    con.autocommit = False
    con.rollback()
    equal(cur.execute("SELECT COUNT(*) FROM py").fetchone(), (2,))


@check("isolation")
def _(con, cur):
    table(cur, "n NUMBER")
    cur.executemany("INSERT INTO py VALUES (:1)", [(i,) for i in range(300)])
    con.commit()
    with connect() as other, other.cursor() as oc:
        oc.arraysize = oc.prefetchrows = 10
        oc.execute("SELECT n FROM py ORDER BY n")
        oc.fetchmany(10)
        cur.execute("DELETE FROM py")
        equal(other.cursor().execute("SELECT COUNT(*) FROM py").fetchone(), (300,))
        con.commit()
        equal(len(oc.fetchall()), 290)
        equal(other.cursor().execute("SELECT COUNT(*) FROM py").fetchone(), (0,))


@check("serializable")
def _(con, cur):
    table(cur, "n NUMBER")
    with connect() as other:
        oc = other.cursor()
        oc.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        equal(oc.execute("SELECT COUNT(*) FROM py").fetchone(), (0,))
        cur.execute("INSERT INTO py VALUES (1)")
        con.commit()
        equal(oc.execute("SELECT COUNT(*) FROM py").fetchone(), (0,))


@check("savepoint")
def _(con, cur):
    table(cur, "n NUMBER")
    cur.execute("INSERT INTO py VALUES (1)")
    cur.execute("SAVEPOINT here")
    cur.execute("INSERT INTO py VALUES (2)")
    cur.execute("ROLLBACK TO SAVEPOINT here")
    equal(cur.execute("SELECT COUNT(*) FROM py").fetchone(), (1,))
    equal(code(lambda: cur.execute("ROLLBACK TO SAVEPOINT nowhere")), 1086)


@check("ora-codes")
def _(con, cur):
    table(cur, "n NUMBER(3) PRIMARY KEY, v VARCHAR2(3) NOT NULL, c NUMBER CHECK (c > 0)")
    table(cur, "n NUMBER REFERENCES py(n)", "py_child")
    cur.execute("INSERT INTO py VALUES (1, 'a', 1)")
    cur.execute("INSERT INTO py_child VALUES (1)")
    wanted = {
        "INSERT INTO py VALUES (1, 'b', 1)": 1, "INSERT INTO py VALUES (2, NULL, 1)": 1400, "INSERT INTO py VALUES (2, 'b', 0)": 2290,
        "INSERT INTO py_child VALUES (9)": 2291, "DELETE FROM py": 2292, "INSERT INTO py VALUES (2, 'long', 1)": 12899,
        "INSERT INTO py VALUES (1234, 'b', 1)": 1438, "INSERT INTO py VALUES ('x', 'b', 1)": 1722, "SELECT * FROM nosuch": 942,
        "SELECT nosuch FROM py": 904, "SELEC 1": 900, "SELECT 1/0 FROM DUAL": 1476, "UPDATE py SET v = NULL": 1407,
        "INSERT INTO py VALUES (1)": 947, "CREATE TABLE py (n NUMBER)": 955, "SELECT 1 FROM DUAL WHERE": 936,
        "SELECT TO_DATE('x', 'YYYY') FROM DUAL": 1858,
    }
    for sql, want in wanted.items():
        equal((sql, code(lambda sql=sql: cur.execute(sql))), (sql, want))
    cur.execute("DROP TABLE py_child")


@check("sequence")
def _(con, cur):
    try:
        cur.execute("DROP SEQUENCE py_seq")
    except oracledb.DatabaseError:
        pass
    cur.execute("CREATE SEQUENCE py_seq START WITH 5 INCREMENT BY 2")
    equal([cur.execute("SELECT py_seq.NEXTVAL FROM DUAL").fetchone()[0] for _ in range(3)], [5, 7, 9])
    equal(cur.execute("SELECT py_seq.CURRVAL FROM DUAL").fetchone(), (9,))
    table(cur, "n NUMBER GENERATED BY DEFAULT AS IDENTITY, v NUMBER")
    cur.execute("INSERT INTO py (v) VALUES (1)")
    equal(cur.execute("SELECT n FROM py").fetchone(), (1,))


@check("fetch")
def _(con, cur):
    table(cur, "n NUMBER, v VARCHAR2(100)")
    cur.executemany("INSERT INTO py VALUES (:1, :2)", [(i, "x" * (i % 100)) for i in range(20000)])
    for size in (1000, 7, 1):
        c = con.cursor()
        c.arraysize = size
        c.prefetchrows = size
        limit = 20000 if size > 1 else 200
        rows = c.execute("SELECT n, v FROM py WHERE n < :1 ORDER BY n", [limit]).fetchall()
        equal([(r[0], len(r[1] or "")) for r in rows], [(i, i % 100) for i in range(limit)])


@check("cancel")
def _(con, cur):
    table(cur, "n NUMBER")
    cur.executemany("INSERT INTO py VALUES (:1)", [(i,) for i in range(2000)])
    con.commit()
    slow = "SELECT COUNT(*) FROM py a, py b, py c WHERE a.n + b.n + c.n < 0"
    cancel_in_time(con, lambda: cur.execute(slow))
    con.call_timeout = 200
    start = time.monotonic()
    try:
        cur.execute(slow)
        raise AssertionError("no timeout")
    except oracledb.Error as e:
        equal("DPY-4024" in str(e), True)
    equal(time.monotonic() - start < 3, True)
    con.call_timeout = 0
    equal(cur.execute("SELECT 7 FROM DUAL").fetchone(), (7,))


def cancel_in_time(con, fn):
    at = []
    timer = threading.Timer(0.1, lambda: (at.append(time.monotonic()), con.cancel()))
    timer.start()
    got = code(fn)
    timer.join()
    equal(got, 1013)
    equal(time.monotonic() - at[0] < 3, True)


@check("cancel-rows")
def _(con, cur):
    cur.prefetchrows = cur.arraysize = 1
    for _ in range(3):
        cur.execute("SELECT 1 FROM DUAL UNION ALL SELECT 2 FROM py a, py b, py c, py d WHERE a.n + b.n + c.n + d.n < 0")
        equal(cur.fetchone(), (1,))
        cancel_in_time(con, cur.fetchone)
        c = con.cursor()
        c.execute("UPDATE py SET n = n WHERE n = 1")
        equal(c.rowcount, 1)
    con.rollback()


@check("describe")
def _(con, cur):
    table(cur, "a NUMBER(10,2) NOT NULL, b VARCHAR2(20), c DATE, d TIMESTAMP(3), e CHAR(4), f CLOB, g RAW(8), h NUMBER, i BINARY_DOUBLE")
    cur.execute("SELECT * FROM py")
    got = [(d.name, d.type_code.name, d.precision, d.scale, d.internal_size, d.null_ok) for d in cur.description]
    equal([g[:2] for g in got], [
        ("A", "DB_TYPE_NUMBER"), ("B", "DB_TYPE_VARCHAR"), ("C", "DB_TYPE_DATE"), ("D", "DB_TYPE_TIMESTAMP"), ("E", "DB_TYPE_CHAR"),
        ("F", "DB_TYPE_CLOB"), ("G", "DB_TYPE_RAW"), ("H", "DB_TYPE_NUMBER"), ("I", "DB_TYPE_BINARY_DOUBLE")])
    equal((got[0][2:4], got[0][5], got[1][4], got[1][5], got[6][4]), ((10, 2), False, 20, True, 8))
    cur.parse("SELECT a, b FROM py WHERE a = :1")
    equal(code(lambda: cur.parse("SELECT nosuch FROM py")), 904)
    error = None
    try:
        cur.execute("SELECT a, nosuch FROM py")
    except oracledb.DatabaseError as e:
        error = e.args[0]
    equal(error.offset in (0, 10), True)


@check("metadata")
def _(con, cur):
    table(cur, "a NUMBER PRIMARY KEY, b VARCHAR2(20)")
    equal(cur.execute("SELECT column_name, data_type FROM user_tab_columns WHERE table_name = 'PY' ORDER BY column_id").fetchall(),
          [("A", "NUMBER"), ("B", "VARCHAR2")])
    equal(cur.execute("SELECT COUNT(*) FROM user_constraints WHERE table_name = 'PY' AND constraint_type = 'P'").fetchone(), (1,))
    equal(con.username.upper(), user.upper())
    for name in ("db_name", "service_name", "instance_name", "max_open_cursors"):
        getattr(con, name)


@check("pool")
def _(con, cur):
    pool = oracledb.create_pool(user=user, password=password, dsn=dsn, min=1, max=2, increment=1)
    with pool.acquire() as c:
        table(c.cursor(), "n NUMBER", "py_pool")
        c.cursor().execute("INSERT INTO py_pool VALUES (1)")
    for _ in range(5):
        with pool.acquire() as c:
            equal(c.cursor().execute("SELECT COUNT(*) FROM py_pool").fetchone(), (0,))
    with pool.acquire() as a, pool.acquire() as b:
        a.ping()
        b.ping()
    pool.close()


@check("lob-read")
def _(con, cur):
    oracledb.defaults.fetch_lobs = True
    table(cur, "c CLOB, b BLOB")
    text, data = "Größe 🚀" * 4000, bytes(range(256)) * 200
    cur.setinputsizes(oracledb.DB_TYPE_CLOB, oracledb.DB_TYPE_BLOB)
    cur.execute("INSERT INTO py VALUES (:1, :2)", [text, data])
    c, b = cur.execute("SELECT c, b FROM py").fetchone()
    equal((b.size(), b.read(257, 3), b.read()), (len(data), b"\x00\x01\x02", data))
    units = text.encode("utf-16-le")
    equal(c.size(), len(units) // 2)
    equal((c.read(1, 5), c.read() == text), ("Größe", True))
    equal(c.getchunksize() > 0, True)


@check("lob-write")
def _(con, cur):
    lob = con.createlob(oracledb.DB_TYPE_CLOB)
    lob.write("hello world")
    lob.write("W", 7)
    equal((lob.read(), lob.size()), ("hello World", 11))
    lob.trim(5)
    equal(lob.read(), "hello")
    table(cur, "c CLOB, b BLOB")
    blob = con.createlob(oracledb.DB_TYPE_BLOB, b"\x01\x02\x03")
    cur.execute("INSERT INTO py VALUES (:1, :2)", [lob, blob])
    c, b = cur.execute("SELECT c, b FROM py FOR UPDATE").fetchone()
    equal((c.read(), b.read()), ("hello", b"\x01\x02\x03"))
    c.write("HELLO THERE")
    equal(cur.execute("SELECT c FROM py").fetchone()[0].read(), "HELLO THERE")


@check("lob-large")
def _(con, cur):
    oracledb.defaults.fetch_lobs = False
    data = os.urandom(1 << 20) * 2
    equal(around(cur, "BLOB", [data], oracledb.DB_TYPE_BLOB), [data])
    text = "0123456789abcdef" * (1 << 17)
    equal(around(cur, "CLOB", [text], oracledb.DB_TYPE_CLOB), [text])


@check("large-statement")
def _(con, cur):
    words = " + ".join(["1"] * 500)
    sql = "SELECT " + words + " /* " + "Ä" * 100000 + " */ FROM DUAL"
    equal(cur.execute(sql).fetchone(), (500,))


@check("many-columns")
def _(con, cur):
    cols = [f"c{i}" for i in range(200)]
    table(cur, ", ".join(f"{c} NUMBER" for c in cols))
    binds = ", ".join(f":{i + 1}" for i in range(200))
    cur.execute(f"INSERT INTO py VALUES ({binds})", list(range(200)))
    equal(cur.execute("SELECT * FROM py").fetchone(), tuple(range(200)))


@check("redefined")
def _(con, cur):
    for kind, value in (("NUMBER", 42), ("VARCHAR2(10)", "text"), ("BINARY_DOUBLE", 0.5), ("BINARY_FLOAT", 0.25), ("DATE", None)):
        equal(around(cur, kind, [value]), [value])


@check("end-to-end")
def _(con, cur):
    con.module, con.action, con.client_identifier = "mod", "act", "client"
    equal(cur.execute("SELECT SYS_CONTEXT('USERENV', 'MODULE'), SYS_CONTEXT('USERENV', 'ACTION'), "
                      "SYS_CONTEXT('USERENV', 'CLIENT_IDENTIFIER') FROM DUAL").fetchone(), ("mod", "act", "client"))


@check("concurrent")
def _(con, cur):
    table(cur, "n NUMBER", "py_many")
    faults = []

    def work(k):
        try:
            with connect() as c:
                for i in range(20):
                    c.cursor().execute("INSERT INTO py_many VALUES (:1)", [k * 100 + i])
                    c.commit()
        except Exception as e:
            faults.append(str(e))
    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal(faults, [])
    equal(cur.execute("SELECT COUNT(*) FROM py_many").fetchone(), (160,))


def main():
    print(f"driver\tpython-oracledb {oracledb.__version__}\tPython {sys.version.split()[0]}")
    for name, fn in CHECKS.items():
        oracledb.defaults.fetch_lobs = True
        try:
            con = connect()
            cur = con.cursor()
            fn(con, cur)
            verdict, note = "ok", ""
        except oracledb.NotSupportedError as e:
            verdict, note = "n/a", str(e)
        except oracledb.Error as e:
            verdict, note = ("3001" if ora(e) == 3001 else "wrong"), str(e)
        except Exception as e:
            verdict, note = "wrong", f"{type(e).__name__} {e}"
        print(f"{name}\t{verdict}\t{note.splitlines()[0] if note else ''}", flush=True)
        try:
            con.close()
        except oracledb.Error:
            pass


main()
