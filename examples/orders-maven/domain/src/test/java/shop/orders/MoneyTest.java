package shop.orders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class MoneyTest {
    @Test
    void isExact() {
        assertEquals(Money.of("0.30"), Money.of("0.10").times(3));
        assertEquals(Money.of("0.30"), Money.of("0.10").plus(Money.of("0.20")));
    }

    @Test
    void refusesFractionsOfACent() {
        assertThrows(ArithmeticException.class, () -> Money.of("0.001"));
    }
}
