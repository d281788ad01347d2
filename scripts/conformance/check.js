// Asks node-oracledb (thin) the questions of features.txt.
// usage: node check.js HOST PORT SERVICE USER   (password: environment, PASSWORD)
'use strict';
const oracledb = require('oracledb');
const assert = require('node:assert');

const [host, port, service, user] = process.argv.slice(2);
const password = process.env.PASSWORD;
const connectString = `${host}:${port}/${service}`;
const checks = {};
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const connect = (more) => oracledb.getConnection({ user, password, connectString, ...more });
const equal = (got, want) => assert.deepStrictEqual(got, want);
const one = async (con, sql, binds = {}, options = {}) => (await con.execute(sql, binds, options)).rows[0];

async function table(con, columns, name = 'js') {
  try { await con.execute(`DROP TABLE ${name} CASCADE CONSTRAINTS PURGE`); } catch (e) { if (e.errorNum !== 942) throw e; }
  await con.execute(`CREATE TABLE ${name} (${columns})`);
}

async function code(fn) {
  try { await fn(); } catch (e) { return ora(e); }
  return 0;
}

const ora = (e) => e.errorNum || Number((/ORA-(\d+)/.exec(e.message) || [0, 0])[1]) || e.message;

async function around(con, kind, values, type, fetchInfo) {
  await table(con, `id NUMBER, v ${kind}`);
  for (const [i, v] of values.entries()) {
    await con.execute('INSERT INTO js VALUES (:1, :2)', [i, type ? { val: v, type, dir: oracledb.BIND_IN } : v]);
  }
  const res = await con.execute('SELECT v FROM js ORDER BY id', [], fetchInfo ? { fetchInfo: { V: { type: fetchInfo } } } : {});
  return res.rows.map((r) => r[0]);
}

checks.connect = async (con) => {
  equal(con.thin, true);
  assert(con.oracleServerVersion >= 1200000000);
  equal(await one(con, 'SELECT 1 FROM DUAL'), [1]);
};
checks['wrong-password'] = async () => {
  equal(await code(() => connect({ password: 'wrong' })), 1017);
  equal(await code(() => connect({ user: 'nobody' })), 1017);
};
checks['wrong-service'] = async () => {
  await assert.rejects(connect({ connectString: `${host}:${port}/NOSUCH` }), /NJS-518|ORA-12514/);
};
checks.ping = (con) => con.ping();
checks.number = async (con) => {
  const texts = ['99999999999999999999999999999999999999', '-99999999999999999999999999999999999999', '0', '-0.1', '3.14', '-7',
    '12345678901234567890.123456789012345678'];
  await table(con, 'id NUMBER, v NUMBER');
  for (const [i, t] of texts.entries()) await con.execute('INSERT INTO js VALUES (:1, TO_NUMBER(:2))', [i, t]);
  const res = await con.execute('SELECT v FROM js ORDER BY id', [], { fetchInfo: { V: { type: oracledb.STRING } } });
  equal(res.rows.map((r) => Number(r[0])), texts.map(Number));
  equal(res.rows.map((r) => r[0].replace(/^(-?)0?\./, '$10.')), texts);
  equal(await one(con, 'SELECT 5/2, 10/5, 1/4*4 FROM DUAL'), [2.5, 2, 1]);
};
checks.varchar2 = async (con) => {
  const values = ['plain', 'Größe', '日本語', '🚀 and 𝄞', 'x'.repeat(3000), 'line\nline', '', null, ' '];
  equal(await around(con, 'VARCHAR2(4000)', values), values.map((v) => v || null));
};
checks.nvarchar2 = async (con) => {
  equal(await around(con, 'NVARCHAR2(100)', ['Größe 🚀', null], oracledb.DB_TYPE_NVARCHAR), ['Größe 🚀', null]);
};
checks.char = async (con) => equal(await around(con, 'CHAR(5)', ['ab', 'Ä', null]), ['ab   ', 'Ä   ', null]);
checks.date = async (con) => {
  const values = [new Date(2026, 10, 22, 23, 59, 58), new Date(1700, 0, 1), null];
  equal(await around(con, 'DATE', values), values);
};
checks.timestamp = async (con) => {
  const values = [new Date(2026, 10, 22, 23, 59, 58, 123), null];
  equal(await around(con, 'TIMESTAMP', values, oracledb.DB_TYPE_TIMESTAMP), values);
};
checks['timestamp-tz'] = async (con) => {
  const values = [new Date(Date.UTC(2026, 10, 22, 23, 59, 58, 5)), null];
  equal(await around(con, 'TIMESTAMP WITH TIME ZONE', values, oracledb.DB_TYPE_TIMESTAMP_TZ), values);
};
checks['timestamp-ltz'] = async (con) => {
  const values = [new Date(Date.UTC(2026, 10, 22, 23, 59, 58, 5))];
  equal(await around(con, 'TIMESTAMP WITH LOCAL TIME ZONE', values, oracledb.DB_TYPE_TIMESTAMP_LTZ), values);
};
checks.interval = async (con) => {
  equal((await one(con, "SELECT INTERVAL '3 04:05:06' DAY TO SECOND FROM DUAL"))[0].days, 3);
};
checks.raw = async (con) => {
  const values = [Buffer.from([0, 255, 127]), Buffer.alloc(2000, 'x'), null];
  equal(await around(con, 'RAW(2000)', values), values);
};
checks['binary-double'] = async (con) => {
  const values = [1.5, -2.25e-300, 1.7e308, 0, null];
  equal(await around(con, 'BINARY_DOUBLE', values, oracledb.DB_TYPE_BINARY_DOUBLE), values);
  equal(await around(con, 'BINARY_FLOAT', [0.5, -8], oracledb.DB_TYPE_BINARY_FLOAT), [0.5, -8]);
};
checks.clob = async (con) => {
  const values = ['short', 'Größe 🚀'.repeat(5000), null];
  equal(await around(con, 'CLOB', values, oracledb.DB_TYPE_CLOB, oracledb.STRING), values);
};
checks.blob = async (con) => {
  const values = [Buffer.from([0, 1]), Buffer.alloc(70000, 'bytes'), null];
  equal(await around(con, 'BLOB', values, oracledb.DB_TYPE_BLOB, oracledb.BUFFER), values);
};
checks.boolean = async (con) => {
  equal(await one(con, 'SELECT TRUE FROM DUAL'), [true]);
  equal(await around(con, 'BOOLEAN', [true, false]), [true, false]);
};
checks.json = async (con) => equal(await around(con, 'JSON', [{ a: [1, 2] }], oracledb.DB_TYPE_JSON), [{ a: [1, 2] }]);
checks.rowid = async (con) => {
  await table(con, 'n NUMBER');
  await con.execute('INSERT INTO js VALUES (1)');
  const [rowid] = await one(con, 'SELECT ROWID FROM js');
  equal(await one(con, 'SELECT n FROM js WHERE ROWID = :1', [rowid]), [1]);
};
checks.null = async (con) => {
  await table(con, 'a NUMBER, b VARCHAR2(5), c DATE, d TIMESTAMP, e RAW(5), f CLOB, g BLOB, h CHAR(2), i BINARY_DOUBLE');
  await con.execute('INSERT INTO js VALUES (:1, :2, :3, :4, :5, :6, :7, :8, :9)', Array(9).fill(null));
  equal(await one(con, 'SELECT * FROM js'), Array(9).fill(null));
  equal(await one(con, "SELECT NULL, NVL(:1, 'x') FROM DUAL", [null]), [null, 'x']);
};
checks['bind-in'] = async (con) => {
  const now = new Date(2026, 10, 22, 1, 2, 3), raw = Buffer.from([1, 2]);
  equal(await one(con, 'SELECT :1, :2, :3, :4, :5 FROM DUAL', [1, 2.5, 'text', now, raw]), [1, 2.5, 'text', now, raw]);
  equal(await one(con, "SELECT :n + 1 FROM DUAL WHERE :t = 'a'", { n: 41, t: 'a' }), [42]);
};
checks['bind-repeated'] = async (con) => equal(await one(con, 'SELECT :x, :y, :x FROM DUAL', { x: 1, y: 'b' }), [1, 'b', 1]);
checks.array = async (con) => {
  await table(con, 'n NUMBER, v VARCHAR2(20), d DATE');
  const rows = Array.from({ length: 1000 }, (_, i) => [i, i % 3 ? `v${i}` : null, new Date(2026, 0, 1)]);
  equal((await con.executeMany('INSERT INTO js VALUES (:1, :2, :3)', rows)).rowsAffected, 1000);
  equal(await one(con, 'SELECT COUNT(*), SUM(n), COUNT(v) FROM js'), [1000, 499500, 666]);
  const res = await con.executeMany('UPDATE js SET v = :1 WHERE n < :2', [['a', 3], ['b', 5]], { dmlRowCounts: true });
  equal(res.dmlRowCounts, [3, 5]);
};
checks['batch-errors'] = async (con) => {
  await table(con, 'n NUMBER PRIMARY KEY');
  const res = await con.executeMany('INSERT INTO js VALUES (:1)', [[1], [2], [1], [3], [2]], { batchErrors: true });
  equal(res.batchErrors.map((e) => [e.offset, ora(e)]), [[2, 1], [4, 1]]);
  equal(await one(con, 'SELECT COUNT(*) FROM js'), [3]);
};
checks.returning = async (con) => {
  await table(con, 'n NUMBER GENERATED ALWAYS AS IDENTITY, v VARCHAR2(10)');
  const out = { n: { dir: oracledb.BIND_OUT, type: oracledb.NUMBER }, o: { dir: oracledb.BIND_OUT, type: oracledb.STRING } };
  let res = await con.execute('INSERT INTO js (v) VALUES (:v) RETURNING n, v INTO :n, :o', { v: 'one', ...out });
  equal(res.outBinds, { n: [1], o: ['one'] });
  res = await con.executeMany('INSERT INTO js (v) VALUES (:v) RETURNING n INTO :n', [{ v: 'x' }, { v: 'y' }],
    { bindDefs: { v: { type: oracledb.STRING, maxSize: 10 }, n: out.n } });
  equal(res.outBinds.map((o) => o.n), [[2], [3]]);
  res = await con.execute("UPDATE js SET v = v || '!' RETURNING n INTO :n", { n: out.n });
  equal(res.outBinds.n.sort(), [1, 2, 3]);
};
checks['plsql-out'] = async (con) => {
  const res = await con.execute('BEGIN :n := :a + 1; :v := UPPER(:b); END;', {
    n: { dir: oracledb.BIND_OUT, type: oracledb.NUMBER }, a: 41, v: { dir: oracledb.BIND_OUT, type: oracledb.STRING }, b: 'text' });
  equal(res.outBinds, { n: 42, v: 'TEXT' });
};
checks['plsql-procedure'] = async (con) => {
  await con.execute('CREATE OR REPLACE PROCEDURE js_twice(a IN NUMBER, b OUT NUMBER) AS BEGIN b := a * 2; END;');
  const res = await con.execute('BEGIN js_twice(:a, :b); END;', { a: 21, b: { dir: oracledb.BIND_OUT, type: oracledb.NUMBER } });
  equal(res.outBinds.b, 42);
};
checks['ref-cursor'] = async (con) => {
  const res = await con.execute("BEGIN OPEN :c FOR SELECT 1 a, 'x' b FROM DUAL UNION ALL SELECT 2, 'y' FROM DUAL; END;",
    { c: { type: oracledb.CURSOR, dir: oracledb.BIND_OUT } });
  equal(await res.outBinds.c.getRows(10), [[1, 'x'], [2, 'y']]);
};
checks['implicit-results'] = async (con) => {
  const res = await con.execute('DECLARE c SYS_REFCURSOR; BEGIN OPEN c FOR SELECT 1 FROM DUAL; DBMS_SQL.RETURN_RESULT(c); END;');
  equal(res.implicitResults[0], [[1]]);
};
checks.transaction = async (con) => {
  await table(con, 'n NUMBER');
  const count = async () => (await one(con, 'SELECT COUNT(*) FROM js'))[0];
  await con.execute('INSERT INTO js VALUES (1)');
  equal(con.transactionInProgress, true);
  await con.rollback();
  equal(await count(), 0);
  await con.execute('INSERT INTO js VALUES (1)');
  await con.commit();
  await con.execute('INSERT INTO js VALUES (2)', [], { autoCommit: true });
  await con.rollback();
  equal(await count(), 2);
};
checks.isolation = async (con) => {
  await table(con, 'n NUMBER');
  await con.executeMany('INSERT INTO js VALUES (:1)', Array.from({ length: 300 }, (_, i) => [i]), { autoCommit: true });
  const other = await connect();
  const res = await other.execute('SELECT n FROM js ORDER BY n', [], { resultSet: true, fetchArraySize: 10, prefetchRows: 10 });
  equal((await res.resultSet.getRows(10)).length, 10);
  await con.execute('DELETE FROM js');
  equal(await one(other, 'SELECT COUNT(*) FROM js'), [300]);
  await con.commit();
  equal((await res.resultSet.getRows(1000)).length, 290);
  await res.resultSet.close();
  equal(await one(other, 'SELECT COUNT(*) FROM js'), [0]);
  await other.close();
};
checks.serializable = async (con) => {
  await table(con, 'n NUMBER');
  await con.execute('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE');
  equal(await one(con, 'SELECT COUNT(*) FROM js'), [0]);
};
checks.savepoint = async (con) => {
  await table(con, 'n NUMBER');
  for (const sql of ['INSERT INTO js VALUES (1)', 'SAVEPOINT here', 'INSERT INTO js VALUES (2)', 'ROLLBACK TO SAVEPOINT here']) await con.execute(sql);
  equal(await one(con, 'SELECT COUNT(*) FROM js'), [1]);
  equal(await code(() => con.execute('ROLLBACK TO SAVEPOINT nowhere')), 1086);
};
checks['ora-codes'] = async (con) => {
  await table(con, 'n NUMBER(3) PRIMARY KEY, v VARCHAR2(3) NOT NULL, c NUMBER CHECK (c > 0)');
  await table(con, 'n NUMBER REFERENCES js(n)', 'js_child');
  await con.execute("INSERT INTO js VALUES (1, 'a', 1)");
  await con.execute('INSERT INTO js_child VALUES (1)');
  const wanted = [["INSERT INTO js VALUES (1, 'b', 1)", 1], ['INSERT INTO js VALUES (2, NULL, 1)', 1400], ["INSERT INTO js VALUES (2, 'b', 0)", 2290],
    ['INSERT INTO js_child VALUES (9)', 2291], ['DELETE FROM js', 2292], ["INSERT INTO js VALUES (2, 'long', 1)", 12899],
    ["INSERT INTO js VALUES (1234, 'b', 1)", 1438], ["INSERT INTO js VALUES ('x', 'b', 1)", 1722], ['SELECT * FROM nosuch', 942],
    ['SELECT nosuch FROM js', 904], ['SELEC 1', 900], ['SELECT 1/0 FROM DUAL', 1476]];
  for (const [sql, want] of wanted) equal([sql, await code(() => con.execute(sql))], [sql, want]);
};
checks.sequence = async (con) => {
  await code(() => con.execute('DROP SEQUENCE js_seq'));
  await con.execute('CREATE SEQUENCE js_seq START WITH 5 INCREMENT BY 2');
  for (const want of [5, 7, 9]) equal(await one(con, 'SELECT js_seq.NEXTVAL FROM DUAL'), [want]);
  equal(await one(con, 'SELECT js_seq.CURRVAL FROM DUAL'), [9]);
};
checks.fetch = async (con) => {
  await table(con, 'n NUMBER, v VARCHAR2(100)');
  await con.executeMany('INSERT INTO js VALUES (:1, :2)', Array.from({ length: 20000 }, (_, i) => [i, 'x'.repeat(i % 100)]));
  for (const [size, limit] of [[1000, 20000], [7, 20000], [1, 200]]) {
    const res = await con.execute('SELECT n, v FROM js WHERE n < :1 ORDER BY n', [limit], { fetchArraySize: size, prefetchRows: size });
    equal(res.rows.map((r) => [r[0], (r[1] || '').length]), Array.from({ length: limit }, (_, i) => [i, i % 100]));
  }
};
async function cancelled(con, fn) {
  let at;
  const timer = sleep(100).then(() => { at = Date.now(); return con.break(); });
  const got = await code(fn);
  await timer;
  equal(got, 1013);
  assert(Date.now() - at < 3000, `${Date.now() - at} ms`);
}
checks.cancel = async (con) => {
  await table(con, 'n NUMBER');
  await con.executeMany('INSERT INTO js VALUES (:1)', Array.from({ length: 2000 }, (_, i) => [i]), { autoCommit: true });
  const slow = 'SELECT COUNT(*) FROM js a, js b, js c WHERE a.n + b.n + c.n < 0';
  await cancelled(con, () => con.execute(slow));
  con.callTimeout = 200;
  await assert.rejects(con.execute(slow), /NJS-123|DPI-1067/);
  con.callTimeout = 0;
  await con.break(); // too late: nothing runs
  assert([0, 1013].includes(await code(() => con.execute('SELECT 1 FROM DUAL'))));
  equal(await one(con, 'SELECT 7 FROM DUAL'), [7]);
};
checks['cancel-rows'] = async (con) => {
  for (let i = 0; i < 3; i++) {
    const res = await con.execute('SELECT 1 FROM DUAL UNION ALL SELECT 2 FROM js a, js b, js c, js d WHERE a.n + b.n + c.n + d.n < 0',
      [], { resultSet: true, prefetchRows: 1, fetchArraySize: 1 });
    equal(await res.resultSet.getRow(), [1]);
    await cancelled(con, () => res.resultSet.getRow());
    equal((await con.execute('UPDATE js SET n = n WHERE n = 1')).rowsAffected, 1);
  }
};
checks.describe = async (con) => {
  await table(con, 'a NUMBER(10,2) NOT NULL, b VARCHAR2(20), c DATE, d TIMESTAMP(3), e CHAR(4), f CLOB, g RAW(8), h NUMBER');
  const { metaData: m } = await con.getStatementInfo('SELECT * FROM js WHERE a = :1');
  equal(m.map((c) => c.name + ' ' + c.dbTypeName), ['A NUMBER', 'B VARCHAR2', 'C DATE', 'D TIMESTAMP', 'E CHAR', 'F CLOB', 'G RAW', 'H NUMBER']);
  equal([m[0].precision, m[0].scale, m[0].nullable, m[1].byteSize, m[1].nullable], [10, 2, false, 20, true]);
  equal(await code(() => con.getStatementInfo('SELECT nosuch FROM js')), 904);
};
checks.metadata = async (con) => {
  await table(con, 'a NUMBER PRIMARY KEY, b VARCHAR2(20)');
  const res = await con.execute("SELECT column_name, data_type FROM user_tab_columns WHERE table_name = 'JS' ORDER BY column_id");
  equal(res.rows, [['A', 'NUMBER'], ['B', 'VARCHAR2']]);
  for (const name of ['dbName', 'serviceName', 'instanceName', 'maxOpenCursors']) void con[name];
};
checks.pool = async () => {
  const pool = await oracledb.createPool({ user, password, connectString, poolMin: 1, poolMax: 2 });
  let c = await pool.getConnection();
  await table(c, 'n NUMBER', 'js_pool');
  await c.execute('INSERT INTO js_pool VALUES (1)');
  await c.close();
  for (let i = 0; i < 5; i++) {
    c = await pool.getConnection();
    equal(await one(c, 'SELECT COUNT(*) FROM js_pool'), [0]);
    await c.close();
  }
  const both = await Promise.all([pool.getConnection(), pool.getConnection()]);
  await Promise.all(both.map((b) => b.ping()));
  await Promise.all(both.map((b) => b.close()));
  await pool.close(1);
};
checks['lob-read'] = async (con) => {
  await table(con, 'c CLOB, b BLOB');
  const chars = 'Größe 🚀'.repeat(4000), bytes = Buffer.alloc(51200, 'bytes');
  await con.execute('INSERT INTO js VALUES (:1, :2)', [{ val: chars, type: oracledb.DB_TYPE_CLOB }, { val: bytes, type: oracledb.DB_TYPE_BLOB }]);
  const [c, b] = await one(con, 'SELECT c, b FROM js');
  equal([c.length, b.length], [chars.length, bytes.length]);
  let got = '';
  c.setEncoding('utf8');
  for await (const chunk of c) got += chunk;
  equal(got, chars);
  equal(await b.getData(257, 3), bytes.subarray(256, 259));
};
checks['lob-write'] = async (con) => {
  const lob = await con.createLob(oracledb.CLOB);
  await new Promise((done, fail) => { lob.on('finish', done).on('error', fail); lob.write('hello '); lob.end('world'); });
  await table(con, 'c CLOB, b BLOB');
  await con.execute('INSERT INTO js (c) VALUES (:1)', [lob]);
  await lob.close();
  equal(await one(con, 'SELECT c FROM js', [], { fetchInfo: { C: { type: oracledb.STRING } } }), ['hello world']);
  const res = await con.execute('INSERT INTO js (b) VALUES (EMPTY_BLOB()) RETURNING b INTO :b', { b: { type: oracledb.BLOB, dir: oracledb.BIND_OUT } });
  const blob = res.outBinds.b[0];
  await new Promise((done, fail) => { blob.on('finish', done).on('error', fail); blob.end(Buffer.from('bytes')); });
  equal(await one(con, 'SELECT b FROM js WHERE b IS NOT NULL', [], { fetchInfo: { B: { type: oracledb.BUFFER } } }), [Buffer.from('bytes')]);
};
checks['lob-large'] = async (con) => {
  const bytes = Buffer.alloc(2 << 20, 'some bytes'), chars = '0123456789abcdef'.repeat(1 << 17);
  equal((await around(con, 'BLOB', [bytes], oracledb.DB_TYPE_BLOB, oracledb.BUFFER))[0].equals(bytes), true);
  await table(con, 'w CLOB', 'js_clob');
  await con.execute('INSERT INTO js_clob VALUES (:1)', [{ val: chars, type: oracledb.DB_TYPE_CLOB }]);
  equal((await one(con, 'SELECT w FROM js_clob', [], { fetchInfo: { W: { type: oracledb.STRING } } }))[0] === chars, true);
};
checks['large-statement'] = async (con) => {
  const sum = Array(500).fill('1').join(' + ');
  equal(await one(con, `SELECT ${sum} /* ${'Ä'.repeat(100000)} */ FROM DUAL`), [500]);
};
checks['many-columns'] = async (con) => {
  const n = [...Array(200).keys()];
  await table(con, n.map((i) => `c${i} NUMBER`).join(', '));
  await con.execute(`INSERT INTO js VALUES (${n.map((i) => ':' + (i + 1))})`, n);
  equal(await one(con, 'SELECT * FROM js'), n);
};
checks.redefined = async (con) => {
  for (const [kind, value] of [['NUMBER', 42], ['VARCHAR2(10)', 'text'], ['BINARY_DOUBLE', 0.5], ['BINARY_FLOAT', 0.25]]) {
    equal(await around(con, kind, [value]), [value]);
  }
};
checks['end-to-end'] = async (con) => {
  con.module = 'mod';
  con.action = 'act';
  con.clientId = 'client';
  equal(await one(con, "SELECT SYS_CONTEXT('USERENV', 'MODULE'), SYS_CONTEXT('USERENV', 'ACTION'), " +
    "SYS_CONTEXT('USERENV', 'CLIENT_IDENTIFIER') FROM DUAL"), ['mod', 'act', 'client']);
};
checks.concurrent = async (con) => {
  await table(con, 'n NUMBER', 'js_many');
  await Promise.all([...Array(8).keys()].map(async (k) => {
    const c = await connect();
    for (let i = 0; i < 20; i++) await c.execute('INSERT INTO js_many VALUES (:1)', [k * 100 + i], { autoCommit: true });
    await c.close();
  }));
  equal(await one(con, 'SELECT COUNT(*) FROM js_many'), [160]);
};

async function verdict(name) {
  const con = await connect();
  try {
    await checks[name](con);
    return ['ok', ''];
  } catch (e) {
    const first = String(e.message || e).replace(/\s+/g, ' ').slice(0, 160);
    if (e instanceof assert.AssertionError) return ['wrong', first];
    return [ora(e) === 3001 ? '3001' : 'wrong', first];
  } finally {
    await con.close().catch(() => {});
  }
}

async function main() {
  console.log(`driver\tnode-oracledb ${oracledb.versionString}\tNode ${process.version.slice(1)}`);
  for (const name of Object.keys(checks)) {
    const limit = sleep(30000).then(() => ['wrong', 'hangs']);
    console.log([name, ...await Promise.race([verdict(name), limit])].join('\t'));
  }
  process.exit(0);
}

main();
