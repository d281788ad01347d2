package shop.orders;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/** The products table. */
public final class Products {
    private final DataSource database;

    public Products(DataSource database) {
        this.database = database;
    }

    /** Adds a product under a number of the sequence and returns it. */
    public Product add(String sku, String name, Money price, int stock) throws SQLException {
        try (Connection c = database.getConnection()) {
            long id;
            try (PreparedStatement next = c.prepareStatement("SELECT products_seq.NEXTVAL FROM dual");
                    ResultSet row = next.executeQuery()) {
                row.next();
                id = row.getLong(1);
            }
            try (PreparedStatement insert = c.prepareStatement(
                    "INSERT INTO products (id, sku, name, price, stock) VALUES (?, ?, ?, ?, ?)")) {
                bind(insert, new Product(id, sku, name, price, stock));
                insert.executeUpdate();
            }
            return new Product(id, sku, name, price, stock);
        }
    }

    /** Adds all or, when one fails, none. */
    public void addAll(List<Product> products) throws SQLException {
        try (Connection c = database.getConnection()) {
            c.setAutoCommit(false);
            try (PreparedStatement insert = c.prepareStatement(
                    "INSERT INTO products (id, sku, name, price, stock) VALUES (?, ?, ?, ?, ?)")) {
                for (Product p : products) {
                    bind(insert, p);
                    insert.addBatch();
                }
                insert.executeBatch();
                c.commit();
            } catch (SQLException e) {
                c.rollback();
                throw e;
            }
        }
    }

    private static void bind(PreparedStatement insert, Product p) throws SQLException {
        insert.setLong(1, p.id());
        insert.setString(2, p.sku());
        insert.setString(3, p.name());
        insert.setBigDecimal(4, p.price().amount());
        insert.setInt(5, p.stock());
    }

    public Optional<Product> find(String sku) throws SQLException {
        try (Connection c = database.getConnection();
                PreparedStatement query = c.prepareStatement(
                        "SELECT id, sku, name, price, stock FROM products WHERE sku = ?")) {
            query.setString(1, sku);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                return Optional.of(new Product(row.getLong(1), row.getString(2), row.getString(3),
                        new Money(row.getBigDecimal(4)), row.getInt(5)));
            }
        }
    }

    public boolean reprice(String sku, Money price) throws SQLException {
        try (Connection c = database.getConnection();
                PreparedStatement update = c.prepareStatement("UPDATE products SET price = ? WHERE sku = ?")) {
            update.setBigDecimal(1, price.amount());
            update.setString(2, sku);
            return update.executeUpdate() == 1;
        }
    }

    public boolean remove(String sku) throws SQLException {
        try (Connection c = database.getConnection();
                PreparedStatement delete = c.prepareStatement("DELETE FROM products WHERE sku = ?")) {
            delete.setString(1, sku);
            return delete.executeUpdate() == 1;
        }
    }
}
