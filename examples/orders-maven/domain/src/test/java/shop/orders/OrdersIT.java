package shop.orders;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OrdersIT extends DatabaseIT {
    private Products products;
    private Orders orders;
    private Product tea;

    @BeforeEach
    void setUp() throws SQLException {
        products = new Products(database);
        orders = new Orders(database);
        tea = products.add("TEA", "Tea", Money.of("4.90"), 10);
    }

    @Test
    void placesAnOrder() throws SQLException {
        long id = orders.place("ann", LocalDate.of(2028, 2, 29), "ring twice", List.of(new Line(tea.id(), 3)));
        Order order = orders.find(id).orElseThrow();
        assertEquals("ann", order.customer());
        assertEquals("new", order.status());
        assertEquals(LocalDate.of(2028, 2, 29), order.dueOn());
        assertEquals("ring twice", order.notes());
        assertEquals(List.of(new Line(tea.id(), 3)), order.lines());
        assertEquals(7, products.find("TEA").orElseThrow().stock());
    }

    @Test
    void generatesTheKey() throws SQLException {
        long first = orders.place("ann", null, null, List.of());
        assertTrue(first >= 100000);
        assertEquals(first + 1, orders.place("ann", null, null, List.of()));
    }

    @Test
    void leavesOutWhatIsNotGiven() throws SQLException {
        Order order = orders.find(orders.place("ann", null, null, List.of())).orElseThrow();
        assertNull(order.dueOn());
        assertNull(order.notes());
    }

    @Test
    void knowsWhenAnOrderWasPlaced() throws SQLException {
        Order order = orders.find(orders.place("ann", null, null, List.of())).orElseThrow();
        Duration age = Duration.between(order.placedAt(), OffsetDateTime.now());
        assertTrue(age.abs().compareTo(Duration.ofMinutes(5)) < 0, "placed " + age + " ago");
    }

    @Test
    void placesNothingWhenTheWarehouseIsEmpty() throws SQLException {
        failsWith(2290, () -> orders.place("ann", null, null, List.of(new Line(tea.id(), 11))));
        assertEquals(0, number("SELECT COUNT(*) FROM orders"));
        assertEquals(0, number("SELECT COUNT(*) FROM order_lines"));
        assertEquals(10, products.find("TEA").orElseThrow().stock());
    }

    @Test
    void refusesAnUnknownProduct() {
        failsWith(2291, () -> orders.place("ann", null, null, List.of(new Line(1, 1))));
    }

    @Test
    void keepsAProductThatWasOrdered() throws SQLException {
        orders.place("ann", null, null, List.of(new Line(tea.id(), 1)));
        failsWith(2292, () -> products.remove("TEA"));
    }

    @Test
    void changesTheStatusOnce() throws SQLException {
        Order read = orders.find(orders.place("ann", null, null, List.of())).orElseThrow();
        orders.changeStatus(read, "paid");
        assertEquals("paid", orders.find(read.id()).orElseThrow().status());
        assertThrows(StaleOrderException.class, () -> orders.changeStatus(read, "shipped"));
        assertEquals("paid", orders.find(read.id()).orElseThrow().status());
    }

    @Test
    void refusesAnUnknownStatus() throws SQLException {
        Order read = orders.find(orders.place("ann", null, null, List.of())).orElseThrow();
        failsWith(2290, () -> orders.changeStatus(read, "lost"));
    }

    @Test
    void keepsNotesOfAnyLength() throws SQLException {
        String notes = "süß und 10 € ".repeat(10_000);
        assertEquals(notes, orders.find(orders.place("ann", null, notes, List.of())).orElseThrow().notes());
    }

    @Test
    void keepsAScan() throws SQLException {
        byte[] scan = new byte[200_000];
        new Random(1).nextBytes(scan);
        long id = orders.place("ann", null, null, List.of());
        assertNull(orders.scan(id));
        orders.attach(id, new ByteArrayInputStream(scan));
        assertArrayEquals(scan, orders.scan(id));
    }

    @Test
    void pagesNewestFirst() throws SQLException {
        long first = orders.place("ann", null, null, List.of());
        for (int i = 0; i < 4; i++) {
            orders.place("ann", null, null, List.of());
        }
        orders.place("bob", null, null, List.of());
        assertEquals(List.of(first + 2, first + 1), orders.page("ann", 2, 2));
        assertEquals(List.of(), orders.page("ann", 5, 2));
        assertEquals(List.of(), orders.page("nobody", 0, 1));
    }
}
