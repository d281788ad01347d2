package shop.orders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Clob;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What pools and mappers ask of the driver and the database, beside SQL. */
class DriverIT extends DatabaseIT {
    private static List<String> column(ResultSet rows, String name) throws SQLException {
        List<String> out = new ArrayList<>();
        try (rows) {
            while (rows.next()) {
                out.add(rows.getString(name));
            }
        }
        return out;
    }

    @Test
    void aConnectionIsValid() throws SQLException {
        try (Connection c = database.getConnection()) {
            assertTrue(c.isValid(2));
        }
    }

    @Test
    void knowsItsSchema() throws SQLException {
        try (Connection c = database.getConnection()) {
            assertEquals(c.getMetaData().getUserName(), c.getSchema());
        }
    }

    @Test
    void listsTables() throws SQLException {
        try (Connection c = database.getConnection()) {
            List<String> tables = column(c.getMetaData().getTables(null, c.getSchema(), "%", new String[] {"TABLE"}), "TABLE_NAME");
            assertTrue(tables.containsAll(List.of("ORDERS", "ORDER_LINES", "PRODUCTS")), tables.toString());
        }
    }

    @Test
    void describesColumns() throws SQLException {
        try (Connection c = database.getConnection()) {
            try (ResultSet rows = c.getMetaData().getColumns(null, c.getSchema(), "PRODUCTS", "PRICE")) {
                assertTrue(rows.next());
                assertEquals("NUMBER", rows.getString("TYPE_NAME"));
                assertEquals(12, rows.getInt("COLUMN_SIZE"));
                assertEquals(2, rows.getInt("DECIMAL_DIGITS"));
                assertEquals(DatabaseMetaData.columnNoNulls, rows.getInt("NULLABLE"));
                assertFalse(rows.next());
            }
        }
    }

    @Test
    void knowsPrimaryKeys() throws SQLException {
        try (Connection c = database.getConnection()) {
            List<String> key = column(c.getMetaData().getPrimaryKeys(null, c.getSchema(), "ORDER_LINES"), "COLUMN_NAME");
            assertEquals(List.of("LINE_NO", "ORDER_ID"), key.stream().sorted().toList());
        }
    }

    @Test
    void knowsForeignKeys() throws SQLException {
        try (Connection c = database.getConnection()) {
            List<String> parents = column(c.getMetaData().getImportedKeys(null, c.getSchema(), "ORDER_LINES"), "PKTABLE_NAME");
            assertEquals(List.of("ORDERS", "PRODUCTS"), parents);
        }
    }

    @Test
    void describesAQueryBeforeItRuns() throws SQLException {
        try (Connection c = database.getConnection();
                PreparedStatement query = c.prepareStatement("SELECT price, notes FROM products, orders WHERE sku = ?")) {
            ResultSetMetaData columns = query.getMetaData();
            assertEquals("PRICE", columns.getColumnName(1));
            assertEquals(2, columns.getScale(1));
            assertEquals(Types.CLOB, columns.getColumnType(2));
        }
    }

    @Test
    void rollsBackToASavepoint() throws SQLException {
        try (Connection c = database.getConnection()) {
            c.setAutoCommit(false);
            run(c, "INSERT INTO orders (customer) VALUES ('kept')");
            Savepoint here = c.setSavepoint("here");
            run(c, "INSERT INTO orders (customer) VALUES ('undone')");
            c.rollback(here);
            c.commit();
        }
        assertEquals(1, number("SELECT COUNT(*) FROM orders"));
        assertEquals(1, number("SELECT COUNT(*) FROM orders WHERE customer = 'kept'"));
    }

    @Test
    void othersSeeOnlyWhatIsCommitted() throws SQLException {
        try (Connection writer = database.getConnection(); Connection reader = database.getConnection()) {
            writer.setAutoCommit(false);
            run(writer, "INSERT INTO orders (customer) VALUES ('ann')");
            assertEquals(0, number(reader, "SELECT COUNT(*) FROM orders"));
            assertEquals(1, number(writer, "SELECT COUNT(*) FROM orders"));
            writer.commit();
            assertEquals(1, number(reader, "SELECT COUNT(*) FROM orders"));
        }
    }

    @Test
    void aLockedRowIsRefusedAtOnce() throws SQLException {
        run("INSERT INTO orders (customer) VALUES ('ann')");
        try (Connection one = database.getConnection(); Connection two = database.getConnection()) {
            one.setAutoCommit(false);
            two.setAutoCommit(false);
            run(one, "UPDATE orders SET status = 'paid'");
            failsWith(54, () -> number(two, "SELECT id FROM orders FOR UPDATE NOWAIT"));
            one.rollback();
        }
    }

    @Test
    void readsAClobInPieces() throws SQLException {
        run("INSERT INTO orders (customer, notes) VALUES ('ann', 'grün und 10 €')");
        try (Connection c = database.getConnection();
                Statement s = c.createStatement();
                ResultSet row = s.executeQuery("SELECT notes FROM orders")) {
            row.next();
            Clob notes = row.getClob(1);
            assertEquals(13, notes.length());
            assertEquals("und 10 €", notes.getSubString(6, 8));
        }
    }

    @Test
    void keepsMicrosecondsAndOffsets() throws SQLException {
        LocalDateTime local = LocalDateTime.of(2026, 11, 22, 10, 11, 12, 123456000);
        OffsetDateTime moment = local.atOffset(ZoneOffset.ofHours(5));
        try (Connection c = database.getConnection()) {
            try (PreparedStatement insert = c.prepareStatement("INSERT INTO orders (customer, changed, placed_at) VALUES (?, ?, ?)")) {
                insert.setString(1, "ann");
                insert.setTimestamp(2, Timestamp.valueOf(local));
                insert.setObject(3, moment);
                insert.executeUpdate();
            }
            try (Statement s = c.createStatement(); ResultSet row = s.executeQuery("SELECT changed, placed_at FROM orders")) {
                row.next();
                assertEquals(local, row.getObject(1, LocalDateTime.class));
                assertEquals(moment, row.getObject(2, OffsetDateTime.class));
            }
        }
    }

    @Test
    void fetchesInSmallSteps() throws SQLException {
        try (Connection c = database.getConnection()) {
            List<String> customers = IntStream.range(0, 100).mapToObj(i -> "customer " + i).toList();
            try (PreparedStatement insert = c.prepareStatement("INSERT INTO orders (customer) VALUES (?)")) {
                for (String customer : customers) {
                    insert.setString(1, customer);
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            try (Statement s = c.createStatement()) {
                s.setFetchSize(7);
                assertEquals(customers, column(s.executeQuery("SELECT customer FROM orders ORDER BY id"), "CUSTOMER"));
            }
        }
    }

    @Test
    void returnsWhatAnUpdateChanged() throws SQLException {
        run("INSERT INTO orders (customer) VALUES ('ann')");
        try (Connection c = database.getConnection();
                PreparedStatement update = c.prepareStatement("UPDATE orders SET version = version + 1", new String[] {"VERSION"})) {
            update.executeUpdate();
            try (ResultSet keys = update.getGeneratedKeys()) {
                assertTrue(keys.next());
                assertEquals(2, keys.getInt(1));
            }
        }
    }

    @Test
    void endsAQueryThatTakesTooLong() throws SQLException {
        try (Connection c = database.getConnection()) {
            try (Statement s = c.createStatement()) {
                s.setQueryTimeout(1);
                SQLException e = assertThrows(SQLTimeoutException.class, () -> s.execute("BEGIN DBMS_SESSION.SLEEP(30); END;"));
                assertEquals(1013, e.getErrorCode());
            }
            assertEquals(1, number(c, "SELECT 1 FROM dual"));
        }
    }

    @Test
    void namesAnUnknownTableAndColumn() {
        failsWith(942, () -> run("SELECT 1 FROM no_such_table"));
        failsWith(904, () -> run("SELECT no_such_column FROM orders"));
    }
}
