# Macros of weir's configure.ac.

# WEIR_CFLAG(FLAG, VARIABLE): append FLAG to VARIABLE if the compiler has it
# (asked without the user's flags, which may give warnings of their own).
AC_DEFUN([WEIR_CFLAG],
[AS_VAR_PUSHDEF([cache], [weir_cv_cflag_$1])dnl
AC_CACHE_CHECK([whether $CC accepts $1], [cache],
  [weir_save_CFLAGS=$CFLAGS
   CFLAGS="-Werror $1"
   AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
     [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
   CFLAGS=$weir_save_CFLAGS])
AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$2], [" $1"])])
AS_VAR_POPDEF([cache])])

# WEIR_CFLAGS(VARIABLE, FLAGS): WEIR_CFLAG for each word of FLAGS.
AC_DEFUN([WEIR_CFLAGS],
[m4_foreach_w([weir_flag], [$2], [WEIR_CFLAG(m4_defn([weir_flag]), [$1])])])

# WEIR_NEED(WHAT, DEBIAN, FEDORA, SPACK): stop with one sentence.
AC_DEFUN([WEIR_NEED],
[AC_MSG_ERROR([weir needs $1: install $2 (Debian, Ubuntu), $3 (Fedora) or $4 (Spack).])])

# WEIR_QUOTED(VARIABLE, TEXT): VARIABLE becomes TEXT as a C string literal,
# without the paths of the source and build trees, so that the library does
# not depend on where it was built.
AC_DEFUN([WEIR_QUOTED],
[weir_build_dir=`pwd`
weir_source_dir=`cd "$srcdir" && pwd`
weir_text="$2"
$1=\"`AS_ECHO(["$weir_text"]) | sed -e 's/  */ /g' -e 's/^ //' -e 's/ $//' \
	-e "s|$weir_build_dir|.|g" -e "s|$weir_source_dir|.|g" \
	-e 's/@<:@\\"@:>@/\\\\&/g'`\"])
