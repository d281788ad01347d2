package shop.orders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.SQLException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProductsIT extends DatabaseIT {
    private Products products;

    @BeforeEach
    void setUp() {
        products = new Products(database);
    }

    @Test
    void findsWhatWasAdded() throws SQLException {
        Product tea = products.add("TEA", "Grüner Tee €", Money.of("4.90"), 12);
        assertEquals(Optional.of(tea), products.find("TEA"));
    }

    @Test
    void findsNothingUnderAnUnknownSku() throws SQLException {
        assertTrue(products.find("NONE").isEmpty());
    }

    @Test
    void numbersComeFromTheSequence() throws SQLException {
        long first = products.add("A", "a", Money.of("1.00"), 1).id();
        assertEquals(first + 1, products.add("B", "b", Money.of("1.00"), 1).id());
    }

    @Test
    void repricesExactly() throws SQLException {
        products.add("TEA", "Tea", Money.of("4.90"), 1);
        assertTrue(products.reprice("TEA", Money.of("1234567890.01")));
        assertEquals(Money.of("1234567890.01"), products.find("TEA").orElseThrow().price());
    }

    @Test
    void removes() throws SQLException {
        products.add("TEA", "Tea", Money.of("4.90"), 1);
        assertTrue(products.remove("TEA"));
        assertFalse(products.remove("TEA"));
    }

    @Test
    void addsManyAtOnce() throws SQLException {
        List<Product> many = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            many.add(new Product(i, "SKU" + i, "Product " + i, Money.of("1.00"), i));
        }
        products.addAll(many);
        assertEquals(500, number("SELECT COUNT(*) FROM products"));
        assertEquals(many.get(499), products.find("SKU499").orElseThrow());
    }

    @Test
    void addsNoneWhenOneFails() throws SQLException {
        Product ok = new Product(1, "A", "a", Money.of("1.00"), 1);
        Product again = new Product(2, "A", "b", Money.of("1.00"), 1);
        failsWith(1, () -> products.addAll(List.of(ok, again)));
        assertEquals(0, number("SELECT COUNT(*) FROM products"));
    }

    @Test
    void refusesTheSameSkuTwice() throws SQLException {
        products.add("TEA", "Tea", Money.of("4.90"), 1);
        SQLException e = failsWith(1, () -> products.add("TEA", "Tea", Money.of("4.90"), 1));
        assertTrue(e instanceof SQLIntegrityConstraintViolationException);
        assertTrue(e.getMessage().contains("PRODUCTS_SKU_UK"), e.getMessage());
    }

    @Test
    void refusesAProductWithoutName() {
        failsWith(1400, () -> products.add("TEA", null, Money.of("4.90"), 1));
    }

    @Test
    void holdsAnEmptyNameForNone() {
        failsWith(1400, () -> products.add("TEA", "", Money.of("4.90"), 1));
    }

    @Test
    void refusesANegativePrice() {
        failsWith(2290, () -> products.add("TEA", "Tea", Money.of("-0.01"), 1));
    }

    @Test
    void refusesANameThatIsTooLong() {
        failsWith(12899, () -> products.add("TEA", "x".repeat(61), Money.of("4.90"), 1));
    }

    @Test
    void refusesAStockThatIsTooLarge() {
        failsWith(1438, () -> products.add("TEA", "Tea", Money.of("4.90"), 1_000_000_000));
    }
}
