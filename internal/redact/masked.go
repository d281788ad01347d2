package redact

import "reflect"

// Masked returns a copy of v in which every text that it holds is masked:
// those of its exported fields, and of what slices, maps and pointers lead to.
func Masked[T any](r *Redactor, v T) T {
	out := reflect.New(reflect.TypeFor[T]()).Elem()
	r.copy(out, reflect.ValueOf(&v).Elem())
	return out.Interface().(T)
}

func (r *Redactor) copy(to, from reflect.Value) {
	to.Set(from)
	switch from.Kind() {
	case reflect.String:
		to.SetString(r.String(from.String()))
	case reflect.Struct:
		for i := range from.NumField() {
			if to.Field(i).CanSet() {
				r.copy(to.Field(i), from.Field(i))
			}
		}
	case reflect.Pointer:
		if !from.IsNil() {
			to.Set(reflect.New(from.Type().Elem()))
			r.copy(to.Elem(), from.Elem())
		}
	case reflect.Slice:
		if !from.IsNil() {
			to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
			for i := range from.Len() {
				r.copy(to.Index(i), from.Index(i))
			}
		}
	case reflect.Map:
		if !from.IsNil() {
			to.Set(reflect.MakeMapWithSize(from.Type(), from.Len()))
			for entries := from.MapRange(); entries.Next(); {
				to.SetMapIndex(r.copied(entries.Key()), r.copied(entries.Value()))
			}
		}
	}
}

func (r *Redactor) copied(from reflect.Value) reflect.Value {
	to := reflect.New(from.Type()).Elem()
	r.copy(to, from)
	return to
}
