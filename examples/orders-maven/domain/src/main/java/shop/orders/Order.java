package shop.orders;

import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.List;

/** An order; its version is the optimistic lock. */
public record Order(long id, String customer, String status, int version, LocalDate dueOn,
        OffsetDateTime placedAt, String notes, List<Line> lines) {}
