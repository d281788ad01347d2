package shop.orders;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** An amount with two decimal places, as NUMBER(12,2) holds it. */
public record Money(BigDecimal amount) {
    public Money {
        amount = amount.setScale(2, RoundingMode.UNNECESSARY);
    }

    public static Money of(String amount) {
        return new Money(new BigDecimal(amount));
    }

    public Money times(int quantity) {
        return new Money(amount.multiply(BigDecimal.valueOf(quantity)));
    }

    public Money plus(Money other) {
        return new Money(amount.add(other.amount));
    }
}
