package shop.orders;

import java.io.InputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/** Orders and their lines. */
public final class Orders {
    private final DataSource database;

    public Orders(DataSource database) {
        this.database = database;
    }

    /** Places an order and takes its products out of the warehouse: all of it, or nothing. */
    public long place(String customer, LocalDate dueOn, String notes, List<Line> lines) throws SQLException {
        try (Connection c = database.getConnection()) {
            c.setAutoCommit(false);
            try {
                long id = insert(c, customer, dueOn, notes);
                insertLines(c, id, lines);
                take(c, lines);
                c.commit();
                return id;
            } catch (SQLException e) {
                c.rollback();
                throw e;
            }
        }
    }

    private static long insert(Connection c, String customer, LocalDate dueOn, String notes) throws SQLException {
        try (PreparedStatement insert = c.prepareStatement(
                "INSERT INTO orders (customer, due_on, notes) VALUES (?, ?, ?)", new String[] {"ID"})) {
            insert.setString(1, customer);
            insert.setObject(2, dueOn);
            insert.setString(3, notes);
            insert.executeUpdate();
            try (ResultSet key = insert.getGeneratedKeys()) {
                key.next();
                return key.getLong(1);
            }
        }
    }

    private static void insertLines(Connection c, long id, List<Line> lines) throws SQLException {
        try (PreparedStatement insert = c.prepareStatement(
                "INSERT INTO order_lines (order_id, line_no, product_id, quantity) VALUES (?, ?, ?, ?)")) {
            for (int i = 0; i < lines.size(); i++) {
                insert.setLong(1, id);
                insert.setInt(2, i + 1);
                insert.setLong(3, lines.get(i).productId());
                insert.setInt(4, lines.get(i).quantity());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private static void take(Connection c, List<Line> lines) throws SQLException {
        try (PreparedStatement update = c.prepareStatement("UPDATE products SET stock = stock - ? WHERE id = ?")) {
            for (Line line : lines) {
                update.setInt(1, line.quantity());
                update.setLong(2, line.productId());
                update.addBatch();
            }
            update.executeBatch();
        }
    }

    public Optional<Order> find(long id) throws SQLException {
        try (Connection c = database.getConnection();
                PreparedStatement query = c.prepareStatement(
                        "SELECT customer, status, version, due_on, placed_at, notes FROM orders WHERE id = ?")) {
            query.setLong(1, id);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                return Optional.of(new Order(id, row.getString(1), row.getString(2), row.getInt(3),
                        row.getObject(4, LocalDate.class), row.getObject(5, OffsetDateTime.class),
                        row.getString(6), lines(c, id)));
            }
        }
    }

    private static List<Line> lines(Connection c, long id) throws SQLException {
        try (PreparedStatement query = c.prepareStatement(
                "SELECT product_id, quantity FROM order_lines WHERE order_id = ? ORDER BY line_no")) {
            query.setLong(1, id);
            List<Line> lines = new ArrayList<>();
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    lines.add(new Line(row.getLong(1), row.getInt(2)));
                }
            }
            return lines;
        }
    }

    /** Sets the status of an order that still has the version it was read with. */
    public void changeStatus(Order read, String status) throws SQLException {
        try (Connection c = database.getConnection();
                PreparedStatement update = c.prepareStatement(
                        "UPDATE orders SET status = ?, version = version + 1, changed = SYSTIMESTAMP"
                                + " WHERE id = ? AND version = ?")) {
            update.setString(1, status);
            update.setLong(2, read.id());
            update.setInt(3, read.version());
            if (update.executeUpdate() == 0) {
                throw new StaleOrderException(read.id());
            }
        }
    }

    /** Keeps a scanned letter with the order. */
    public void attach(long id, InputStream scan) throws SQLException {
        try (Connection c = database.getConnection();
                PreparedStatement update = c.prepareStatement("UPDATE orders SET scan = ? WHERE id = ?")) {
            update.setBlob(1, scan);
            update.setLong(2, id);
            update.executeUpdate();
        }
    }

    public byte[] scan(long id) throws SQLException {
        try (Connection c = database.getConnection();
                PreparedStatement query = c.prepareStatement("SELECT scan FROM orders WHERE id = ?")) {
            query.setLong(1, id);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? row.getBytes(1) : null;
            }
        }
    }

    /** A page of a customer's orders, newest first. */
    public List<Long> page(String customer, int offset, int size) throws SQLException {
        try (Connection c = database.getConnection();
                PreparedStatement query = c.prepareStatement("SELECT id FROM orders WHERE customer = ?"
                        + " ORDER BY id DESC OFFSET ? ROWS FETCH NEXT ? ROWS ONLY")) {
            query.setString(1, customer);
            query.setInt(2, offset);
            query.setInt(3, size);
            List<Long> ids = new ArrayList<>();
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    ids.add(row.getLong(1));
                }
            }
            return ids;
        }
    }
}
