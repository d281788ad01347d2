import java.io.*;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.*;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;

/**
 * Asks ojdbc the questions of features.txt.
 * usage: java -cp ojdbc.jar Check.java HOST PORT SERVICE USER   (password: environment, PASSWORD)
 */
public class Check {
  interface Body { void run(Connection c) throws Exception; }
  interface Work { void run() throws SQLException; }

  static final Map<String, Body> CHECKS = new LinkedHashMap<>();
  static String base, service, user;

  static Connection connect(String... more) throws SQLException {
    Properties p = new Properties();
    p.put("user", user);
    p.put("password", System.getenv("PASSWORD"));
    String at = service;
    for (int i = 0; i < more.length; i += 2) {
      if (more[i].equals("service")) at = more[i + 1]; else p.put(more[i], more[i + 1]);
    }
    return DriverManager.getConnection(base + at, p);
  }

  static void equal(Object got, Object want) {
    if (!Objects.deepEquals(got, want)) throw new AssertionError("got " + text(got) + ", want " + text(want));
  }

  static String text(Object o) {
    String s = o instanceof Object[] a ? Arrays.deepToString(a) : String.valueOf(o);
    return s.length() > 80 ? s.substring(0, 80) : s;
  }

  static void run(Connection c, String... sqls) throws SQLException {
    try (Statement s = c.createStatement()) {
      for (String sql : sqls) s.execute(sql);
    }
  }

  static void table(Connection c, String columns) throws SQLException { table(c, columns, "jdbc"); }

  static void table(Connection c, String columns, String name) throws SQLException {
    code(() -> run(c, "DROP TABLE " + name + " CASCADE CONSTRAINTS PURGE"));
    run(c, "CREATE TABLE " + name + " (" + columns + ")");
  }

  static int code(Work w) {
    try { w.run(); } catch (SQLException e) { return e.getErrorCode(); }
    return 0;
  }

  static PreparedStatement bind(PreparedStatement s, Object... binds) throws SQLException {
    for (int i = 0; i < binds.length; i++) s.setObject(i + 1, binds[i]);
    return s;
  }

  /** The first row of a query. */
  static List<Object> row(Connection c, String sql, Object... binds) throws SQLException {
    try (PreparedStatement s = c.prepareStatement(sql); ResultSet r = bind(s, binds).executeQuery()) {
      if (!r.next()) return null;
      List<Object> out = new ArrayList<>();
      for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) out.add(r.getObject(i));
      return out;
    }
  }

  static long number(Connection c, String sql, Object... binds) throws SQLException {
    return ((BigDecimal) row(c, sql, binds).get(0)).longValueExact();
  }

  static List<Object> list(Object... values) { return Arrays.asList(values); }

  /** Writes values into a column of a type and reads them back. */
  static <T> List<T> around(Connection c, String kind, Class<T> as, List<T> values) throws SQLException {
    table(c, "id NUMBER, v " + kind);
    List<T> out = new ArrayList<>();
    try (PreparedStatement s = c.prepareStatement("INSERT INTO jdbc VALUES (?, ?)")) {
      for (int i = 0; i < values.size(); i++) bind(s, i, values.get(i)).executeUpdate();
    }
    try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT v FROM jdbc ORDER BY id")) {
      while (r.next()) out.add(r.getObject(1, as));
    }
    return out;
  }

  static <T> void same(Connection c, String kind, Class<T> as, List<T> values) throws SQLException {
    List<T> got = around(c, kind, as, values);
    equal(got.size(), values.size());
    for (int i = 0; i < got.size(); i++) equal(got.get(i), values.get(i));
  }

  static void fill(Connection c, int n) throws SQLException {
    table(c, "n NUMBER, v VARCHAR2(100)");
    try (PreparedStatement s = c.prepareStatement("INSERT INTO jdbc VALUES (?, ?)")) {
      for (int i = 0; i < n; i++) {
        bind(s, i, "x".repeat(i % 100)).addBatch();
      }
      s.executeBatch();
    }
  }

  static void basics() {
    CHECKS.put("connect", c -> {
      equal(c.getMetaData().getDatabaseMajorVersion() >= 12, true);
      equal(number(c, "SELECT 1 FROM DUAL"), 1L);
    });
    CHECKS.put("wrong-password", c -> {
      equal(code(() -> connect("password", "wrong")), 1017);
      equal(code(() -> connect("user", "nobody")), 1017);
    });
    CHECKS.put("wrong-service", c -> equal(code(() -> connect("service", "NOSUCH")), 12514));
    CHECKS.put("ping", c -> equal(c.isValid(5), true));
    CHECKS.put("bind-in", c -> {
      LocalDateTime at = LocalDateTime.of(2026, 11, 22, 1, 2, 3, 123456789);
      try (PreparedStatement s = bind(c.prepareStatement("SELECT ?, ?, ?, ?, ?, ? FROM DUAL"), 1, 2.5, new BigDecimal("3.25"), "text", at, new byte[] {1, 2});
          ResultSet r = s.executeQuery()) {
        r.next();
        equal(list(r.getInt(1), r.getDouble(2), r.getBigDecimal(3), r.getString(4), r.getObject(5, LocalDateTime.class)),
            list(1, 2.5, new BigDecimal("3.25"), "text", at));
        equal(r.getBytes(6), new byte[] {1, 2});
      }
      equal(number(c, "SELECT ? + 1 FROM DUAL WHERE ? = 'a'", 41, "a"), 42L);
    });
    CHECKS.put("bind-repeated", c -> {
      try (CallableStatement s = c.prepareCall("SELECT :x, :x FROM DUAL WHERE :y = 2")) {
        s.setInt(1, 1);
        s.setInt(2, 1);
        s.setInt(3, 2);
        ResultSet r = s.executeQuery();
        r.next();
        equal(list(r.getInt(1), r.getInt(2)), list(1, 1));
      }
    });
    CHECKS.put("large-statement", c -> equal(
        number(c, "SELECT " + String.join(" + ", Collections.nCopies(500, "1")) + " /* " + "Ä".repeat(100000) + " */ FROM DUAL"), 500L));
    CHECKS.put("many-columns", c -> {
      StringJoiner columns = new StringJoiner(", "), marks = new StringJoiner(", ");
      Object[] values = new Object[200];
      for (int i = 0; i < 200; i++) {
        columns.add("c" + i + " NUMBER");
        marks.add("?");
        values[i] = new BigDecimal(i);
      }
      table(c, columns.toString());
      try (PreparedStatement s = bind(c.prepareStatement("INSERT INTO jdbc VALUES (" + marks + ")"), values)) { s.executeUpdate(); }
      equal(row(c, "SELECT * FROM jdbc"), Arrays.asList(values));
    });
    CHECKS.put("redefined", c -> {
      same(c, "NUMBER", BigDecimal.class, List.of(new BigDecimal(42)));
      same(c, "VARCHAR2(10)", String.class, List.of("text"));
      same(c, "BINARY_DOUBLE", Double.class, List.of(0.5));
      table(c, "a NUMBER");
      run(c, "INSERT INTO jdbc VALUES (1)");
      try (PreparedStatement s = c.prepareStatement("SELECT * FROM jdbc")) {
        ResultSet r = s.executeQuery();
        r.next();
        equal(r.getString(1), "1");
        table(c, "a VARCHAR2(5), b NUMBER");
        run(c, "INSERT INTO jdbc VALUES ('x', 2)");
        r = s.executeQuery();
        r.next();
        equal(r.getString(1), "x");
      }
    });
    CHECKS.put("end-to-end", c -> {
      c.setClientInfo("OCSID.MODULE", "mod");
      c.setClientInfo("OCSID.ACTION", "act");
      c.setClientInfo("OCSID.CLIENTID", "client");
      equal(row(c, "SELECT SYS_CONTEXT('USERENV', 'MODULE'), SYS_CONTEXT('USERENV', 'ACTION'), SYS_CONTEXT('USERENV', 'CLIENT_IDENTIFIER') FROM DUAL"),
          list("mod", "act", "client"));
    });
    CHECKS.put("concurrent", c -> {
      table(c, "n NUMBER", "jdbc_many");
      ExecutorService pool = Executors.newFixedThreadPool(8);
      List<Future<?>> all = new ArrayList<>();
      for (int k = 0; k < 8; k++) {
        all.add(pool.submit(() -> {
          try (Connection own = connect()) {
            for (int i = 0; i < 20; i++) run(own, "INSERT INTO jdbc_many VALUES (" + i + ")");
          }
          return null;
        }));
      }
      for (Future<?> f : all) f.get();
      pool.shutdown();
      equal(number(c, "SELECT COUNT(*) FROM jdbc_many"), 160L);
    });
  }

  static void types() {
    CHECKS.put("number", c -> {
      List<BigDecimal> values = new ArrayList<>();
      for (String v : List.of("99999999999999999999999999999999999999", "-99999999999999999999999999999999999999", "0", "-0.1", "3.14", "-7",
          "12345678901234567890.123456789012345678", "0.0000000001")) values.add(new BigDecimal(v));
      same(c, "NUMBER", BigDecimal.class, values);
      equal(row(c, "SELECT 5/2, 10/5, 1/4*4 FROM DUAL"), list(new BigDecimal("2.5"), new BigDecimal(2), new BigDecimal(1)));
    });
    CHECKS.put("varchar2", c -> {
      same(c, "VARCHAR2(4000)", String.class, Arrays.asList("plain", "Größe", "日本語", "🚀 and 𝄞", "x".repeat(3000), "line\nline", null, " "));
      equal(around(c, "VARCHAR2(10)", String.class, List.of("")).get(0), null);
    });
    CHECKS.put("nvarchar2", c -> {
      table(c, "v NVARCHAR2(100)");
      try (PreparedStatement s = c.prepareStatement("INSERT INTO jdbc VALUES (?)")) {
        s.setNString(1, "Größe 🚀");
        s.executeUpdate();
      }
      try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT v FROM jdbc")) {
        r.next();
        equal(r.getNString(1), "Größe 🚀");
      }
    });
    CHECKS.put("char", c -> equal(around(c, "CHAR(5)", String.class, Arrays.asList("ab", "Ä", null)), Arrays.asList("ab   ", "Ä   ", null)));
    CHECKS.put("date", c -> same(c, "DATE", LocalDateTime.class,
        Arrays.asList(LocalDateTime.of(2026, 11, 22, 23, 59, 58), LocalDateTime.of(9999, 12, 31, 0, 0), null)));
    CHECKS.put("timestamp", c -> same(c, "TIMESTAMP(9)", LocalDateTime.class, Arrays.asList(LocalDateTime.of(2026, 11, 22, 23, 59, 58, 123456789), null)));
    CHECKS.put("timestamp-tz", c -> same(c, "TIMESTAMP WITH TIME ZONE", OffsetDateTime.class,
        Arrays.asList(OffsetDateTime.of(2026, 11, 22, 23, 59, 58, 5000000, ZoneOffset.ofHoursMinutes(5, 30)), null)));
    CHECKS.put("timestamp-ltz", c -> same(c, "TIMESTAMP WITH LOCAL TIME ZONE", LocalDateTime.class, List.of(LocalDateTime.of(2026, 11, 22, 23, 59))));
    CHECKS.put("interval", c -> {
      equal(String.valueOf(row(c, "SELECT INTERVAL '3 04:05:06' DAY TO SECOND FROM DUAL").get(0)), "3 4:5:6.0");
    });
    CHECKS.put("raw", c -> {
      List<byte[]> values = Arrays.asList(new byte[] {0, -1, 127}, new byte[2000], null), got = around(c, "RAW(2000)", byte[].class, values);
      equal(got.toArray(), values.toArray());
    });
    CHECKS.put("binary-double", c -> {
      same(c, "BINARY_DOUBLE", Double.class, Arrays.asList(1.5, -2.25e-100, 0.0, null));
      table(c, "v BINARY_FLOAT");
      run(c, "INSERT INTO jdbc VALUES (0.5)");
      try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT v FROM jdbc")) {
        r.next();
        equal(r.getFloat(1), 0.5f);
      }
    });
    CHECKS.put("clob", c -> same(c, "CLOB", String.class, Arrays.asList("short", "Größe 🚀".repeat(5000), null)));
    CHECKS.put("blob", c -> {
      byte[] big = new byte[70000];
      new Random(1).nextBytes(big);
      equal(around(c, "BLOB", byte[].class, Arrays.asList(big, null)).toArray(), new Object[] {big, null});
    });
    CHECKS.put("boolean", c -> {
      equal(row(c, "SELECT TRUE FROM DUAL"), list(true));
      same(c, "BOOLEAN", Boolean.class, List.of(true, false));
    });
    CHECKS.put("json", c -> equal(around(c, "JSON", String.class, List.of("{\"a\":[1,2]}")), List.of("{\"a\":[1,2]}")));
    CHECKS.put("rowid", c -> {
      table(c, "n NUMBER");
      run(c, "INSERT INTO jdbc VALUES (1)");
      equal(number(c, "SELECT n FROM jdbc WHERE ROWID = ?", row(c, "SELECT ROWID FROM jdbc").get(0)), 1L);
      try (PreparedStatement s = c.prepareStatement("INSERT INTO jdbc VALUES (2)", Statement.RETURN_GENERATED_KEYS)) {
        s.executeUpdate();
        ResultSet keys = s.getGeneratedKeys();
        keys.next();
        try (PreparedStatement q = c.prepareStatement("SELECT n FROM jdbc WHERE ROWID = ?")) {
          q.setRowId(1, keys.getRowId(1));
          ResultSet r = q.executeQuery();
          r.next();
          equal(r.getInt(1), 2);
        }
      }
    });
    CHECKS.put("null", c -> {
      table(c, "a NUMBER, b VARCHAR2(5), c DATE, d TIMESTAMP, e RAW(5), f CLOB, g BLOB, h CHAR(2), i BINARY_DOUBLE");
      int[] kinds = {Types.NUMERIC, Types.VARCHAR, Types.DATE, Types.TIMESTAMP, Types.VARBINARY, Types.CLOB, Types.BLOB, Types.CHAR, Types.DOUBLE};
      try (PreparedStatement s = c.prepareStatement("INSERT INTO jdbc VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
        for (int i = 0; i < kinds.length; i++) s.setNull(i + 1, kinds[i]);
        s.executeUpdate();
      }
      equal(row(c, "SELECT * FROM jdbc"), Collections.nCopies(9, null));
    });
    CHECKS.put("lob-read", c -> {
      String chars = "Größe 🚀".repeat(4000);
      byte[] bytes = new byte[51200];
      new Random(2).nextBytes(bytes);
      table(c, "c CLOB, b BLOB");
      try (PreparedStatement s = c.prepareStatement("INSERT INTO jdbc VALUES (?, ?)")) {
        s.setCharacterStream(1, new StringReader(chars));
        s.setBinaryStream(2, new ByteArrayInputStream(bytes));
        s.executeUpdate();
      }
      try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT c, b FROM jdbc")) {
        r.next();
        Clob clob = r.getClob(1);
        Blob blob = r.getBlob(2);
        equal(list(clob.length(), blob.length()), list((long) chars.length(), (long) bytes.length));
        equal(clob.getSubString(3, 4), chars.substring(2, 6));
        equal(blob.getBytes(257, 3), Arrays.copyOfRange(bytes, 256, 259));
        equal(blob.getBinaryStream().readAllBytes(), bytes);
        StringWriter all = new StringWriter();
        clob.getCharacterStream().transferTo(all);
        equal(all.toString(), chars);
      }
    });
    CHECKS.put("lob-write", c -> {
      Clob clob = c.createClob();
      clob.setString(1, "hello world");
      clob.setString(7, "W");
      clob.truncate(9);
      Blob blob = c.createBlob();
      try (OutputStream o = blob.setBinaryStream(1)) { o.write(new byte[] {1, 2, 3}); }
      table(c, "c CLOB, b BLOB");
      try (PreparedStatement s = c.prepareStatement("INSERT INTO jdbc VALUES (?, ?)")) {
        s.setClob(1, clob);
        s.setBlob(2, blob);
        s.executeUpdate();
      }
      clob.free();
      c.setAutoCommit(false);
      try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT c, b FROM jdbc FOR UPDATE")) {
        r.next();
        equal(r.getString(1), "hello Wor");
        equal(r.getBytes(2), new byte[] {1, 2, 3});
        r.getClob(1).setString(1, "HELLO");
      }
      equal(row(c, "SELECT TO_CHAR(c) FROM jdbc"), list("HELLO Wor"));
    });
    CHECKS.put("lob-large", c -> {
      byte[] bytes = new byte[2 << 20];
      new Random(3).nextBytes(bytes);
      equal(around(c, "BLOB", byte[].class, Collections.singletonList(bytes)).get(0), bytes);
      String chars = "0123456789abcdef".repeat(1 << 17);
      equal(around(c, "CLOB", String.class, List.of(chars)).get(0).equals(chars), true);
    });
  }

  static void statements() {
    CHECKS.put("array", c -> {
      fill(c, 1000);
      equal(row(c, "SELECT COUNT(*), SUM(n), COUNT(v) FROM jdbc"), list(new BigDecimal(1000), new BigDecimal(499500), new BigDecimal(990)));
      try (PreparedStatement s = c.prepareStatement("UPDATE jdbc SET v = ? WHERE n < ?")) {
        bind(s, "a", 3).addBatch();
        bind(s, "b", 5).addBatch();
        equal(s.executeBatch(), new int[] {3, 5});
      }
    });
    CHECKS.put("batch-errors", c -> {
      table(c, "n NUMBER PRIMARY KEY");
      try (PreparedStatement s = c.prepareStatement("INSERT INTO jdbc VALUES (?)")) {
        for (int n : new int[] {1, 2, 1, 3}) bind(s, n).addBatch();
        s.executeBatch();
        throw new AssertionError("no error");
      } catch (BatchUpdateException e) {
        equal(e.getErrorCode(), 1);
        equal(e.getUpdateCounts().length >= 2, true);
      }
    });
    CHECKS.put("returning", c -> {
      table(c, "n NUMBER GENERATED ALWAYS AS IDENTITY, v VARCHAR2(10)");
      try (PreparedStatement s = c.prepareStatement("INSERT INTO jdbc (v) VALUES (?)", new String[] {"N", "V"})) {
        bind(s, "one").executeUpdate();
        ResultSet keys = s.getGeneratedKeys();
        keys.next();
        equal(list(keys.getLong(1), keys.getString(2)), list(1L, "one"));
      }
      try (PreparedStatement s = c.prepareStatement("UPDATE jdbc SET v = v || ? ", new int[] {1})) {
        run(c, "INSERT INTO jdbc (v) VALUES ('two')");
        bind(s, "!").executeUpdate();
        int n = 0;
        for (ResultSet keys = s.getGeneratedKeys(); keys.next(); n++) equal(keys.getInt(1), n + 1);
        equal(n, 2);
      }
    });
    CHECKS.put("plsql-out", c -> {
      try (CallableStatement s = c.prepareCall("BEGIN ? := ? + 1; ? := UPPER(?); END;")) {
        s.registerOutParameter(1, Types.INTEGER);
        s.setInt(2, 41);
        s.registerOutParameter(3, Types.VARCHAR);
        s.setString(4, "text");
        s.execute();
        equal(list(s.getInt(1), s.getString(3)), list(42, "TEXT"));
      }
    });
    CHECKS.put("plsql-procedure", c -> {
      run(c, "CREATE OR REPLACE PROCEDURE jdbc_twice(a IN NUMBER, b OUT NUMBER) AS BEGIN b := a * 2; END;");
      try (CallableStatement s = c.prepareCall("{call jdbc_twice(?, ?)}")) {
        s.setInt(1, 21);
        s.registerOutParameter(2, Types.INTEGER);
        s.execute();
        equal(s.getInt(2), 42);
      }
    });
    CHECKS.put("ref-cursor", c -> {
      try (CallableStatement s = c.prepareCall("BEGIN OPEN ? FOR SELECT 1 a, 'x' b FROM DUAL UNION ALL SELECT 2, 'y' FROM DUAL; END;")) {
        s.registerOutParameter(1, Types.REF_CURSOR);
        s.execute();
        ResultSet r = s.getObject(1, ResultSet.class);
        r.next();
        r.next();
        equal(list(r.getInt(1), r.getString(2), r.next()), list(2, "y", false));
      }
    });
    CHECKS.put("implicit-results", c -> {
      try (CallableStatement s = c.prepareCall("DECLARE c SYS_REFCURSOR; BEGIN OPEN c FOR SELECT 1 FROM DUAL; DBMS_SQL.RETURN_RESULT(c); END;")) {
        s.execute();
        equal(s.getMoreResults(), true);
      }
    });
    CHECKS.put("sequence", c -> {
      code(() -> run(c, "DROP SEQUENCE jdbc_seq"));
      run(c, "CREATE SEQUENCE jdbc_seq START WITH 5 INCREMENT BY 2");
      for (long want : new long[] {5, 7, 9}) equal(number(c, "SELECT jdbc_seq.NEXTVAL FROM DUAL"), want);
      equal(number(c, "SELECT jdbc_seq.CURRVAL FROM DUAL"), 9L);
    });
    CHECKS.put("fetch", c -> {
      fill(c, 20000);
      for (int size : new int[] {1000, 7, 1}) {
        int limit = size > 1 ? 20000 : 200, n = 0;
        try (PreparedStatement s = bind(c.prepareStatement("SELECT n, v FROM jdbc WHERE n < ? ORDER BY n"), limit)) {
          s.setFetchSize(size);
          for (ResultSet r = s.executeQuery(); r.next(); n++) {
            String v = r.getString(2);
            equal(list(r.getInt(1), v == null ? 0 : v.length()), list(n, n % 100));
          }
        }
        equal(n, limit);
      }
    });
    CHECKS.put("cancel", c -> {
      fill(c, 2000);
      try (Statement s = c.createStatement()) {
        String slow = "SELECT COUNT(*) FROM jdbc a, jdbc b, jdbc c WHERE a.n + b.n + c.n < 0";
        for (int i = 0; i < 3; i++) cancelled(s, () -> s.executeQuery(slow));
        s.setQueryTimeout(1);
        long start = System.nanoTime();
        equal(code(() -> s.executeQuery(slow)), 1013);
        equal(System.nanoTime() - start < 5e9, true); // ojdbc looks at its clock once a second
        s.setQueryTimeout(0);
      }
      equal(number(c, "SELECT 7 FROM DUAL"), 7L);
    });
    CHECKS.put("cancel-rows", c -> {
      for (int i = 0; i < 3; i++) {
        try (Statement s = c.createStatement()) {
          s.setFetchSize(1);
          ResultSet r = s.executeQuery("SELECT 1 FROM DUAL UNION ALL SELECT 2 FROM jdbc a, jdbc b, jdbc c, jdbc d WHERE a.n + b.n + c.n + d.n < 0");
          r.next();
          cancelled(s, r::next);
        }
        run(c, "UPDATE jdbc SET n = n WHERE n = 1");
      }
    });
  }

  static void cancelled(Statement s, Work w) throws Exception {
    long[] at = {0};
    Thread t = new Thread(() -> {
      try {
        Thread.sleep(100);
        at[0] = System.nanoTime();
        s.cancel();
      } catch (Exception e) {
        throw new RuntimeException(e);
      }
    });
    t.start();
    equal(code(w), 1013);
    t.join();
    equal(System.nanoTime() - at[0] < 3e9, true);
  }

  static void transactions() {
    CHECKS.put("transaction", c -> {
      table(c, "n NUMBER");
      c.setAutoCommit(false);
      run(c, "INSERT INTO jdbc VALUES (1)");
      c.rollback();
      equal(number(c, "SELECT COUNT(*) FROM jdbc"), 0L);
      run(c, "INSERT INTO jdbc VALUES (1)");
      c.commit();
      c.setAutoCommit(true);
      run(c, "INSERT INTO jdbc VALUES (2)");
      c.setAutoCommit(false);
      c.rollback();
      equal(number(c, "SELECT COUNT(*) FROM jdbc"), 2L);
    });
    CHECKS.put("isolation", c -> {
      fill(c, 300);
      try (Connection other = connect(); Statement s = other.createStatement()) {
        s.setFetchSize(10);
        ResultSet r = s.executeQuery("SELECT n FROM jdbc ORDER BY n");
        r.next();
        c.setAutoCommit(false);
        run(c, "DELETE FROM jdbc");
        equal(number(other, "SELECT COUNT(*) FROM jdbc"), 300L);
        c.commit();
        int n = 1;
        while (r.next()) n++;
        equal(n, 300);
        equal(number(other, "SELECT COUNT(*) FROM jdbc"), 0L);
      }
    });
    CHECKS.put("serializable", c -> {
      c.setAutoCommit(false);
      c.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
      equal(number(c, "SELECT COUNT(*) FROM DUAL"), 1L);
    });
    CHECKS.put("savepoint", c -> {
      table(c, "n NUMBER");
      c.setAutoCommit(false);
      run(c, "INSERT INTO jdbc VALUES (1)");
      Savepoint here = c.setSavepoint("here");
      run(c, "INSERT INTO jdbc VALUES (2)");
      c.rollback(here);
      equal(number(c, "SELECT COUNT(*) FROM jdbc"), 1L);
      c.rollback(c.setSavepoint());
    });
    CHECKS.put("ora-codes", c -> {
      table(c, "n NUMBER(3) PRIMARY KEY, v VARCHAR2(3) NOT NULL, c NUMBER CHECK (c > 0)");
      table(c, "n NUMBER REFERENCES jdbc(n)", "jdbc_child");
      run(c, "INSERT INTO jdbc VALUES (1, 'a', 1)", "INSERT INTO jdbc_child VALUES (1)");
      Map<String, Integer> wanted = new LinkedHashMap<>();
      wanted.put("INSERT INTO jdbc VALUES (1, 'b', 1)", 1);
      wanted.put("INSERT INTO jdbc VALUES (2, NULL, 1)", 1400);
      wanted.put("INSERT INTO jdbc VALUES (2, 'b', 0)", 2290);
      wanted.put("INSERT INTO jdbc_child VALUES (9)", 2291);
      wanted.put("DELETE FROM jdbc", 2292);
      wanted.put("INSERT INTO jdbc VALUES (2, 'long', 1)", 12899);
      wanted.put("INSERT INTO jdbc VALUES (1234, 'b', 1)", 1438);
      wanted.put("INSERT INTO jdbc VALUES ('x', 'b', 1)", 1722);
      wanted.put("SELECT * FROM nosuch", 942);
      wanted.put("SELECT nosuch FROM jdbc", 904);
      wanted.put("SELEC 1", 900);
      wanted.put("SELECT 1/0 FROM DUAL", 1476);
      for (var w : wanted.entrySet()) equal(list(w.getKey(), code(() -> run(c, w.getKey()))), list(w.getKey(), w.getValue()));
      try {
        run(c, "INSERT INTO jdbc VALUES (1, 'b', 1)");
      } catch (SQLIntegrityConstraintViolationException e) {
        equal(e.getSQLState(), "23000");
      }
    });
    CHECKS.put("describe", c -> {
      table(c, "a NUMBER(10,2) NOT NULL, b VARCHAR2(20), c DATE, d TIMESTAMP(3), e CHAR(4), f CLOB, g RAW(8), h NUMBER");
      try (PreparedStatement s = c.prepareStatement("SELECT * FROM jdbc WHERE a = ?")) {
        ResultSetMetaData m = s.getMetaData();
        StringJoiner names = new StringJoiner(" ");
        for (int i = 1; i <= m.getColumnCount(); i++) names.add(m.getColumnName(i) + ":" + m.getColumnTypeName(i));
        equal(names.toString(), "A:NUMBER B:VARCHAR2 C:DATE D:TIMESTAMP E:CHAR F:CLOB G:RAW H:NUMBER");
        equal(list(m.getPrecision(1), m.getScale(1), m.isNullable(1), m.getPrecision(2)), list(10, 2, ResultSetMetaData.columnNoNulls, 20));
        equal(s.getParameterMetaData().getParameterCount(), 1);
      }
    });
    CHECKS.put("metadata", Check::metadata);
    CHECKS.put("pool", c -> {
      Class.forName("oracle.jdbc.pool.OracleConnectionPoolDataSource");
      var source = new oracle.jdbc.pool.OracleConnectionPoolDataSource();
      source.setURL(base + service);
      source.setUser(user);
      source.setPassword(System.getenv("PASSWORD"));
      var pooled = source.getPooledConnection();
      table(c, "n NUMBER");
      for (int i = 0; i < 5; i++) {
        try (Connection own = pooled.getConnection()) {
          equal(number(own, "SELECT COUNT(*) FROM jdbc"), 0L);
          own.setAutoCommit(false);
          run(own, "INSERT INTO jdbc VALUES (1)");
          own.rollback();
        }
      }
      pooled.close();
    });
  }

  static int count(ResultSet r) throws SQLException {
    int n = 0;
    while (r.next()) n++;
    r.close();
    return n;
  }

  static void metadata(Connection c) throws SQLException {
    table(c, "a NUMBER PRIMARY KEY, b VARCHAR2(20) NOT NULL, c NUMBER UNIQUE");
    table(c, "n NUMBER REFERENCES jdbc(a)", "jdbc_child");
    String me = user.toUpperCase();
    run(c, "CREATE INDEX jdbc_ix ON jdbc (b)", "CREATE OR REPLACE VIEW jdbc_view AS SELECT a FROM jdbc", "GRANT SELECT ON jdbc TO system");
    DatabaseMetaData m = c.getMetaData();
    equal(count(m.getTables(null, me, "JDBC", new String[] {"TABLE"})), 1);
    equal(count(m.getTables(null, me, "JDBC%", null)) >= 3, true);
    equal(count(m.getColumns(null, me, "JDBC", "%")), 3);
    equal(count(m.getPrimaryKeys(null, me, "JDBC")), 1);
    equal(count(m.getImportedKeys(null, me, "JDBC_CHILD")), 1);
    equal(count(m.getExportedKeys(null, me, "JDBC")), 1);
    equal(count(m.getCrossReference(null, me, "JDBC", null, me, "JDBC_CHILD")), 1);
    equal(count(m.getIndexInfo(null, me, "JDBC", false, true)) >= 3, true);
    equal(count(m.getSchemas()) >= 3, true);
    equal(count(m.getTableTypes()) >= 2, true);
    equal(count(m.getTypeInfo()) > 10, true);
    equal(count(m.getCatalogs()), 0);
    StringJoiner refused = new StringJoiner(", ");
    Map<String, Work> rest = new LinkedHashMap<>();
    rest.put("getTablePrivileges", () -> equal(count(m.getTablePrivileges(null, me, "JDBC")) >= 1, true));
    rest.put("getColumnPrivileges", () -> count(m.getColumnPrivileges(null, me, "JDBC", "%")));
    rest.put("getVersionColumns", () -> equal(count(m.getVersionColumns(null, me, "JDBC")), 0));
    rest.put("getBestRowIdentifier", () -> count(m.getBestRowIdentifier(null, me, "JDBC", DatabaseMetaData.bestRowSession, true)));
    rest.put("getProcedures", () -> count(m.getProcedures(null, me, "%")));
    rest.put("getProcedureColumns", () -> count(m.getProcedureColumns(null, me, "NOSUCH", "%")));
    rest.put("getFunctions", () -> count(m.getFunctions(null, me, "%")));
    rest.put("getFunctionColumns", () -> count(m.getFunctionColumns(null, me, "NOSUCH", "%")));
    rest.put("getUDTs", () -> count(m.getUDTs(null, me, "%", null)));
    rest.put("getSuperTables", () -> count(m.getSuperTables(null, me, "%")));
    rest.put("getClientInfoProperties", () -> count(m.getClientInfoProperties()));
    for (var r : rest.entrySet()) {
      try {
        r.getValue().run();
      } catch (SQLFeatureNotSupportedException e) {
        continue; // the driver's own word
      } catch (SQLException e) {
        if (e.getErrorCode() == 17023) continue; // the same
        if (e.getErrorCode() != 3001) throw new AssertionError(r.getKey() + ": " + e.getMessage().lines().findFirst().get());
        refused.add(r.getKey());
      }
    }
    if (refused.length() > 0) throw new SQLException("ORA-03001: " + refused, "99999", 3001);
  }

  static String verdict(Body body) {
    try (Connection c = connect()) {
      body.run(c);
      return "ok\t";
    } catch (SQLException e) {
      return (e.getErrorCode() == 3001 ? "3001\t" : "wrong\t") + e.getMessage().lines().findFirst().orElse("");
    } catch (Throwable e) {
      return "wrong\t" + e.toString().replaceAll("\\s+", " ");
    }
  }

  public static void main(String[] args) throws Exception {
    base = "jdbc:oracle:thin:@//" + args[0] + ":" + args[1] + "/";
    service = args[2];
    user = args[3];
    basics();
    types();
    statements();
    transactions();
    String jar = oracle.jdbc.OracleDriver.class.getProtectionDomain().getCodeSource().getLocation().getPath().replaceAll(".*/(ojdbc\\d+).*", "$1");
    System.out.println("driver\t" + jar + " " + oracle.jdbc.OracleDriver.getDriverVersion() + "\tJava " + System.getProperty("java.version"));
    ExecutorService one = Executors.newCachedThreadPool(r -> { Thread t = new Thread(r); t.setDaemon(true); return t; });
    for (var check : CHECKS.entrySet()) {
      Future<String> answer = one.submit(() -> verdict(check.getValue()));
      String verdict;
      try { verdict = answer.get(60, TimeUnit.SECONDS); } catch (TimeoutException e) { verdict = "wrong\thangs"; }
      System.out.println(check.getKey() + "\t" + verdict);
    }
    System.exit(0);
  }
}
