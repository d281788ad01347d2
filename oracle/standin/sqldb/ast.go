package sqldb

// An exprKind tells what a node of an expression is.
type exprKind uint8

const (
	eNumber exprKind = iota + 1
	eString
	eNull
	eDate      // DATE 'text'
	eTimestamp // TIMESTAMP 'text'
	eInterval  // INTERVAL 'text' unit [TO unit]
	eBind
	eColumn
	eStar   // * or t.*
	eNeg    // -x
	eArith  // + - * / ||
	eComp   // = <> < > <= >=
	eAnd    // any number of args
	eOr     // any number of args
	eNot    //
	eIsNull //
	eIn     // args[0] in the others or in sub
	eBetween
	eLike // x, pattern [, escape]
	eExists
	eFunc
	eCase // operand or nil, when, then, when, then, ..., else or nil
	eSubquery
	eTuple
	eCast
	eExtract
	eAssign // := in a block
)

// An expr is a node of an expression.
type expr struct {
	kind   exprKind
	text   string   // operator, function, literal or unit
	parts  []string // eColumn: [schema.][table.]name
	args   []*expr
	sub    *query
	not    bool // NOT IN, IS NOT NULL ...
	bind   int  // eBind: number of the occurrence, from 0
	pos    int
	source string // select items: the text, as a column's name

	distinct bool        // eFunc: DISTINCT argument
	star     bool        // eFunc: COUNT(*)
	bare     bool        // eFunc: written without parentheses
	ignore   bool        // eFunc: IGNORE NULLS
	over     *window     // eFunc: OVER (...)
	within   []orderItem // eFunc: WITHIN GROUP (ORDER BY ...)
	typ      *columnType // eCast
	quant    string      // eComp: ANY or ALL
}

type window struct {
	partition []*expr
	order     []orderItem
	frame     string
}

type orderItem struct {
	x          *expr
	desc       bool
	nullsFirst bool
	nullsGiven bool
}

// A query is a SELECT statement or subquery.
type query struct {
	with      []cte
	body      *queryBody
	order     []orderItem
	offset    *expr
	fetch     *expr
	forUpdate bool
	nowait    bool
	pos       int
}

type cte struct {
	name string
	cols []string
	q    *query
}

// A queryBody is one SELECT block, a query in parentheses, or two bodies
// combined by op.
type queryBody struct {
	op          string // "", UNION, UNION ALL, MINUS, INTERSECT
	left, right *queryBody
	nested      *query
	sel         *selectBlock
}

type selectBlock struct {
	distinct bool
	items    []selectItem
	from     []*tableRef
	where    *expr
	group    []*expr
	having   *expr
	into     []int // binds of SELECT ... INTO in a block
}

type selectItem struct {
	x     *expr
	alias string
}

// A tableRef is a table, a subquery or a join of two.
type tableRef struct {
	name        objectName
	alias       string
	sub         *query
	join        string // INNER, LEFT, RIGHT, FULL, CROSS
	left, right *tableRef
	on          *expr
	using       []string
	natural     bool
	pos         int
}

type objectName struct {
	schema, name string
	pos          int
}

// A stmt is any statement.
type stmt struct {
	kind  Kind
	verb  string // SELECT, INSERT, CREATE TABLE ...
	query *query
	ins   *insertStmt
	upd   *updateStmt
	del   *deleteStmt
	merge *mergeStmt
	table *tableStmt
	misc  *miscStmt
	block []*stmt
	// handled: the block ends with EXCEPTION WHEN OTHERS THEN NULL.
	handled bool
	raise   error // block: text that does not parse
	assign  *expr // block: :bind := expression
	target  int   // block: the bind assigned to
	binds   []Bind
}

type insertStmt struct {
	into      objectName
	alias     string
	cols      []string
	values    []*expr // nil elements stand for DEFAULT
	query     *query
	returning returning
}

type returning struct {
	exprs []*expr
	into  []int // binds
}

type setClause struct {
	cols  []string
	value *expr // nil: DEFAULT
	sub   *query
}

type updateStmt struct {
	table     objectName
	alias     string
	sets      []setClause
	where     *expr
	returning returning
}

type deleteStmt struct {
	table     objectName
	alias     string
	where     *expr
	returning returning
}

type mergeStmt struct {
	into        objectName
	alias       string
	using       *tableRef
	on          *expr
	sets        []setClause
	updateWhere *expr
	deleteWhere *expr
	matched     bool
	cols        []string
	values      []*expr
	insertWhere *expr
	unmatched   bool
}

// A miscStmt is a statement that names things and has few parts.
type miscStmt struct {
	name    objectName
	names   []string
	options map[string]string
	text    string
	cols    []indexCol
	query   *query
	seq     *sequenceOptions
	seconds *expr
	flag    bool
}

type indexCol struct {
	x    *expr
	desc bool
}

type sequenceOptions struct {
	start, increment, minValue, maxValue *int64
	cycle                                bool
	restart                              bool
}
