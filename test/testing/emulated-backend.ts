// To be imported before the package: it reads the variable at its first use.
process.env['MAPDIRECT_BACKEND'] = 'emulated';
