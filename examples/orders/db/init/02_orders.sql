-- Orders and their lines. The version column is the optimistic lock.

CREATE SEQUENCE orders_seq START WITH 100000 INCREMENT BY 1;

CREATE TABLE orders (
  id        NUMBER(12)                   NOT NULL,
  customer  VARCHAR2(80 CHAR)            NOT NULL,
  status    VARCHAR2(10 CHAR)            DEFAULT 'new' NOT NULL,
  version   NUMBER(6)                    DEFAULT 1 NOT NULL,
  total     NUMBER(14,2)                 DEFAULT 0 NOT NULL,
  due_on    DATE,
  placed_at TIMESTAMP(6) WITH TIME ZONE  NOT NULL,
  notes     CLOB,
  CONSTRAINT orders_pk PRIMARY KEY (id),
  CONSTRAINT orders_status_ck CHECK (status IN ('new', 'paid', 'shipped', 'cancelled'))
);

CREATE INDEX orders_customer_ix ON orders (customer);

CREATE TABLE order_lines (
  order_id   NUMBER(12)    NOT NULL,
  line_no    NUMBER(4)     NOT NULL,
  product_id NUMBER(10)    NOT NULL,
  quantity   NUMBER(6)     NOT NULL,
  unit_price NUMBER(12,2)  NOT NULL,
  CONSTRAINT order_lines_pk PRIMARY KEY (order_id, line_no),
  CONSTRAINT order_lines_order_fk FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
  CONSTRAINT order_lines_product_fk FOREIGN KEY (product_id) REFERENCES products (id),
  CONSTRAINT order_lines_quantity_ck CHECK (quantity > 0)
);
