package shop.orders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.function.Executable;

/** What all tests with a database have: a pool, and empty tables before each test. */
abstract class DatabaseIT {
    static HikariDataSource database;

    @BeforeAll
    static void open() {
        database = Pool.open();
    }

    @AfterAll
    static void close() {
        database.close();
    }

    @BeforeEach
    void empty() throws SQLException {
        for (String table : new String[] {"order_lines", "orders", "products"}) {
            run("DELETE FROM " + table);
        }
    }

    static void run(String sql) throws SQLException {
        try (Connection c = database.getConnection()) {
            run(c, sql);
        }
    }

    static void run(Connection c, String sql) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.execute(sql);
        }
    }

    static int number(Connection c, String sql) throws SQLException {
        try (Statement s = c.createStatement(); ResultSet row = s.executeQuery(sql)) {
            row.next();
            return row.getInt(1);
        }
    }

    static int number(String sql) throws SQLException {
        try (Connection c = database.getConnection()) {
            return number(c, sql);
        }
    }

    static SQLException failsWith(int code, Executable what) {
        SQLException e = assertThrows(SQLException.class, what);
        assertEquals(code, e.getErrorCode(), e.getMessage());
        return e;
    }
}
