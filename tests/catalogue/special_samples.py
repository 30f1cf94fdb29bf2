"""The sample rows for scipy.special: its universal functions, and those of `tinygrad_edu.scipy.special`.

Parameters that are held fixed (orders, degrees) are plain numbers; the others are differentiated. The two that dispatch
through a hidden universal function (`zeta` calls `_zeta`) are shown by that one.
"""

import numpy as np
import scipy.special as sp

import tinygrad_edu.rules.special  # noqa: F401 - as a Tensor would load it
from catalogue.rows import numbers, row
from tinygrad_edu.scipy import special as ours

anywhere, positive, inside, _ = numbers(317811)  # as in samples.py, but of its own: SciPy's roots want quiet places
A, B = anywhere(2, 3), anywhere(2, 3)
P, Q, R = positive(2, 3), positive(2, 3), positive(2, 3)
S = inside(2, 3)
U, V = 0.5 + S / 3, 0.5 + inside(2, 3) / 3  # probabilities between 0.2 and 0.8
TWO_OF_FIVE = np.float64(2), np.int64(5)  # SciPy has no loop for float32 and integers
Z = anywhere(2, 3) + 1j * anywhere(2, 3)
W = positive(2, 3) + 1j * positive(2, 3)
hidden = sp._ufuncs

# fmt: off
ONE = [
    row(f, x) for functions, x in [
        ([sp.exp2, sp.exp10, sp.expm1, sp.cbrt, sp.exprel, sp.expit, sp.log_expit, sp.cosm1, sp.wrightomega, sp.cosdg,
          sp.sindg, sp.erf, sp.erfc, sp.erfcx, sp.erfi, sp.dawsn, sp.ndtr, sp.log_ndtr, sp.rgamma, sp.j0, sp.j1, sp.i0, sp.i0e,
          sp.i1, sp.i1e, sp.ber, sp.bei, sp.berp, sp.beip, sp.itstruve0, sp.itmodstruve0, sp.sici, sp.shichi, sp.fresnel, sp.airy,
          sp.expi, sp.gamma, sp.psi, sp.gammaln], A),
        ([sp.log1p, sp.entr, sp.loggamma, sp.gammaln, sp.psi, sp.exp1, sp.spence, sp.y0, sp.y1, sp.k0, sp.k0e, sp.k1,
          sp.k1e, sp.ker, sp.kei, sp.kerp, sp.keip, sp.it2struve0, sp.itj0y0, sp.iti0k0, sp.it2j0y0, sp.it2i0k0,
          sp.airye, sp.kelvin, sp.kolmogorov, sp.modfresnelp, sp.modfresnelm], P),
        ([sp.logit, sp.ndtri, sp.kolmogi, sp.ellipk, sp.ellipkm1, sp.ellipe], U),
        ([sp.erfinv], S),
        ([sp.erfcinv], S + 1), ([sp.ndtri_exp], -P), ([sp.tandg, sp.cotdg], 20 * P),
        ([sp.ellipk, sp.ellipe], A - 1.1), ([sp.erfcx], 20 * P), ([sp.dawsn], 20 * A), ([sp.zetac, hidden._riemann_zeta], 1.2 + P),
        ([sp.zetac], -P), ([sp.rgamma], 3 * A), ([sp.kolmogorov], 0.4 + P / 4),
    ] for f in functions
]
COMPLEX = [
    *(row(f, Z) for f in [
        sp.erf, sp.erfc, sp.erfcx, sp.erfi, sp.dawsn, sp.wofz, sp.ndtr, sp.log_ndtr, sp.expm1, sp.log1p, sp.gamma,
        sp.loggamma, sp.rgamma, sp.psi, sp.exp1, sp.expi, sp.spence, sp.wrightomega, sp.sici, sp.shichi, sp.fresnel, sp.airy]),
    row(sp.airye, Z), row(sp.wofz, 40 * W), row(sp.psi, Z - 3), row(sp.xlogy, Z, W), row(sp.xlog1py, Z, W),
    *(row(f, 1.3, W) for f in [sp.jv, sp.yv, sp.iv, sp.kv, sp.jve, sp.yve, sp.ive, sp.kve, sp.hankel1, sp.hankel1e,
                               sp.hankel2, sp.hankel2e]),
    row(sp.ive, 2, -Z), row(sp.jve, 2, -Z), row(sp.hyp0f1, 1.3, Z), row(sp.hyp1f1, 1.3, 0.7, Z), row(sp.hyp2f1, 1.3, 0.7, 2.1, Z / 4),
    row(sp.eval_legendre, 3, Z), row(sp.eval_jacobi, 3, 0.5, 1.5, Z), row(hidden._spherical_jn, 2, Z),
    row(hidden._lambertw, W, 0, 1e-8, entry="special.lambertw"), row(hidden._lambertw, W, -1, 1e-8, entry="special.lambertw"),
    row(hidden._lambertw, P, 0, 1e-8, entry="special.lambertw"),
    row(sp.elliprf, W, P + 1j * Q, P), row(sp.elliprd, W, P + 1j * Q, P), row(sp.elliprg, W, P + 1j * Q, P),
    row(sp.elliprc, P, W), row(sp.elliprj, W, P, Q, R + 1),
]
TWO = [
    *(row(f, P, Q) for f in [
        sp.xlogy, sp.xlog1py, sp.rel_entr, sp.kl_div, sp.pseudo_huber, sp.beta, sp.betaln, sp.poch, sp.boxcox,
        sp.boxcox1p, sp.inv_boxcox, sp.inv_boxcox1p, sp.powm1, sp.agm, sp.owens_t, sp.chdtr, sp.chdtrc, sp.elliprc, sp.hyp0f1]),
    row(sp.boxcox, P, 1e-9 * Q), row(sp.binom, 3 + P, Q), row(sp.owens_t, A, B), row(sp.tklmbda, S / 2, Q), row(sp.huber, 0.01 + P / 10, A), row(sp.huber, 2 + P, A),
    row(sp.pseudo_huber, P, A), row(sp.stdtr, 1 + P, A), row(sp.stdtrit, 1 + P, U),
    row(sp.chdtri, P, U), row(sp.chdtriv, U, P + 1), row(hidden._zeta, 1.2 + P, Q, entry="special.zeta"),
    row(sp.pdtr, 2, P), row(sp.pdtrc, 2, P), row(sp.pdtri, 2, U), row(sp.pdtrik, 0.5 + U / 4, 2 + P),
    row(sp.ellipkinc, A, U), row(sp.ellipeinc, A, U), row(sp.ellipkinc, 3 * A, -P), row(sp.ellipeinc, 3 * A, -P), row(sp.ellipj, A, U),
    row(sp.gammainc, P, Q), row(sp.gammaincc, P, Q), row(sp.gammainc, 9 * P, 9 * Q), row(sp.gammaincc, 9 * P, 9 * Q),
    row(sp.gammaincinv, P + 0.5, U), row(sp.gammainccinv, P + 0.5, U),
    row(sp.gammainc, P, 1.3, entry="special.gammainc_a"), row(sp.betainc, P, 1.3, 0.4, entry="special.betainc_a"),
    *(row(f, v, x) for v in (0, 1, 2.5) for f, x in [
        (sp.jv, P), (sp.yv, P), (sp.iv, P), (sp.kv, P), (sp.struve, P), (sp.modstruve, P), (sp.ive, P), (sp.kve, P), (sp.jve, P)]),
    row(sp.yve, 1, P), row(sp.jv, 2, A), row(sp.iv, 3, A), row(sp.ive, 2, A), row(sp.jv, -1, A),
    row(sp.jn, 2, A, entry="special.jn"), row(sp.yn, 2, P), row(sp.yn, 0, P), row(sp.kn, 0, P), row(sp.kn, 2, P),
    *(row(f, n, x) for n in (0, 2) for f, x in [
        (hidden._spherical_jn, P), (hidden._spherical_yn, P), (hidden._spherical_in, P), (hidden._spherical_kn, P),
        (hidden._spherical_jn_d, P), (hidden._spherical_yn_d, P), (hidden._spherical_in_d, P), (hidden._spherical_kn_d, P)]),
    *(row(f, n, S) for n in (0, 1, 4) for f in [
        sp.eval_legendre, sp.eval_chebyt, sp.eval_chebyu, sp.eval_chebyc, sp.eval_chebys, sp.eval_sh_legendre, sp.eval_sh_chebyt,
        sp.eval_sh_chebyu, sp.eval_hermite, sp.eval_hermitenorm, sp.eval_laguerre]),
    *(row(sp.expn, n, P) for n in (0, 1, 3)), row(sp.smirnov, 5, 0.27 + U / 8, entry="special.smirnov/kolmogorov"), row(sp.smirnovi, 5, U),
    *(row(f, 0.7, A) for f in [sp.pbdv, sp.pbvv, sp.pbwa]),
]
MORE = [
    *(row(f, P, Q, U) for f in [sp.betainc, sp.betaincc]),
    row(sp.betaincinv, P + 0.5, Q + 0.5, U), row(sp.betainccinv, P + 0.5, Q + 0.5, U), row(sp.betainc, 9 * P, 9 * Q, U),
    row(sp.btdtria, U, Q, V), row(sp.btdtrib, P, U, V), row(sp.hyp1f1, P, Q, A), row(sp.hyp1f1, P, Q, -9 * R),
    row(sp.hyp2f1, P, Q, R, S * 0.8), row(sp.hyp2f1, P, Q, R, -3 * V), row(sp.hyperu, 1.2, 0.7, P),
    row(sp.wright_bessel, 0.5, 1.5, P), row(sp.log_wright_bessel, 0.5, 1.5, P), row(sp.voigt_profile, A, P, Q), row(sp.radian, A, B, P),
    row(sp.besselpoly, P, 1.0, 1), row(sp.eval_genlaguerre, 3, 0.5, A), row(sp.eval_gegenbauer, 3, 0.7, S), row(sp.eval_gegenbauer, 0, 0.7, S),
    row(sp.eval_jacobi, 3, 0.5, 1.5, S), row(sp.eval_jacobi, 0, 0.5, 1.5, S), row(sp.eval_sh_jacobi, 3, 2.5, 1.5, U), row(sp.lpmv, 1, 3, S),
    row(sp.elliprf, P, Q, R), row(sp.elliprd, P, Q, R), row(sp.elliprg, P, Q, R), row(sp.elliprj, P, Q, R, P + 0.5),
    row(sp.gdtr, P, Q, R), row(sp.gdtrc, P, Q, R), row(sp.gdtria, U, Q, R), row(sp.gdtrib, P, U, R), row(sp.gdtrix, P, Q + 0.5, U),
    row(sp.bdtr, *TWO_OF_FIVE, U), row(sp.bdtrc, *TWO_OF_FIVE, U), row(sp.bdtri, *TWO_OF_FIVE, U), row(sp.bdtrik, 0.5 + V / 4, 9 + P, 0.3 + U / 5),
    row(sp.bdtrin, 2 + P, 0.3 + V / 4, 0.3 + U / 5), row(sp.nbdtr, 2, 5, U), row(sp.nbdtrc, 2, 5, U), row(sp.nbdtri, 2, 5, U),
    row(sp.nbdtrik, 0.5 + V / 4, 4 + P, 0.3 + U / 5), row(sp.nbdtrin, 4 + P, 0.3 + V / 4, 0.3 + U / 5),
    row(sp.fdtr, 1 + P, 1 + Q, R), row(sp.fdtrc, 1 + P, 1 + Q, R), row(sp.fdtri, 2 + P, 2 + Q, U), row(sp.fdtridfd, 2.0, 0.5 + U / 8, 1.5),
    row(sp.nrdtrimn, U, P, A), row(sp.nrdtrisd, A, 0.7 + U / 4, A + 0.5),
    row(sp.chndtr, P, 3.0, Q), row(sp.chndtrix, U, 3.0, Q),
    row(sp.ncfdtr, 4.0, 6.0, P, Q), row(sp.ncfdtri, 4.0, 6.0, P, U),
    row(sp.nctdtr, 5.0, A, B), row(sp.nctdtrit, 5.0, A, U),
    # SciPy's own loops over these never end, or give NaN, in single precision.
    *(row(f, *args, double_only=True) for f, *args in [
        (sp.pro_ang1, 1, 2, 1.3, S), (sp.pro_rad1, 1, 2, 1.3, P + 1), (sp.pro_rad2, 1, 2, 1.3, np.array([3.0, 3.4, 4.0])),
        (sp.obl_ang1, 1, 2, 1.3, S), (sp.obl_rad1, 1, 2, 1.3, P), (sp.obl_rad2, 1, 1, 1.3, np.array([0.3, 0.8, 1.1])),
        (sp.pro_ang1_cv, 1, 2, 1.3, sp.pro_cv(1, 2, 1.3), S), (sp.pro_rad1_cv, 1, 2, 1.3, sp.pro_cv(1, 2, 1.3), P + 1),
        (sp.pro_rad2_cv, 1, 2, 1.3, sp.pro_cv(1, 2, 1.3), np.array([3.0, 3.4, 4.0])), (sp.obl_ang1_cv, 1, 2, 1.3, sp.obl_cv(1, 2, 1.3), S),
        (sp.obl_rad1_cv, 1, 2, 1.3, sp.obl_cv(1, 2, 1.3), P), (sp.obl_rad2_cv, 1, 1, 1.3, sp.obl_cv(1, 1, 1.3), np.array([0.3, 0.8, 1.1]))]),
]
OURS = [
    row(f, *x, entry=f"special.{f.__name__}", **params) for f, x, params in [
        *((ours.polygamma, (n, P), {}) for n in (0, 1, 3)), (ours.polygamma, (2, A), {}), (ours.multigammaln, (P + 1, 3), {}),
        (ours.factorial, (A,), {}), (ours.comb, (P + 2, Q), {}), (ours.comb, (P + 2, Q), {"repetition": True}), (ours.comb, (Q, P + 2), {}),
        (ours.diric, (A, 4), {}), (ours.diric, (3 * A, 5), {}), (ours.softmax, (A,), {}), (ours.softmax, (A,), {"axis": 1}),
        (ours.log_softmax, (A,), {}), (ours.log_softmax, (A,), {"axis": (0, 1)}), (ours.logsumexp, (A,), {"axis": 0}),
        (ours.spherical_jn, (2, A), {}), (ours.spherical_jn, (3, A), {}), (ours.spherical_jn, (2, A), {"derivative": True}),
        (ours.spherical_yn, (2, A), {}), (ours.spherical_in, (1, A), {"derivative": True}), (ours.spherical_kn, (2, P), {}),
        (ours.softplus, (A,), {}), (ours.bessel_jn, (A,), {"v": 3}), (np.sinc, (A,), {}),
    ]
]
OURS += [row(ours.sph_harm_y, n, m, A, B, entry="special.sph_harm_y", numpy_only=True) for n, m in [(2, -2), (2, 0), (2, 1), (1, 1)]]
OURS += [row(f, P, Q, entry=f.__name__) for f in [sp.xlogy, sp.xlog1py]]
OURS += [row(sp.psi, P, entry="special.digamma")]  # one function with two names
# fmt: on

SAMPLES = [*OURS, *ONE, *COMPLEX, *TWO, *MORE]
FLAT = [row(sp.round, A), row(sp.gammasgn, A)]
# No argument has a derivative that is known; the calls are refused, by name.
REFUSED = {
    sp.mathieu_a: (2.0, 1.3), sp.mathieu_b: (2.0, 1.3), sp.pro_cv: (1.0, 2.0, 1.3), sp.obl_cv: (1.0, 2.0, 1.3),
    sp.chndtridf: (2.0, 0.4, 1.0), sp.ncfdtridfn: (0.4, 5.0, 1.0, 1.0), sp.ncfdtridfd: (5.0, 0.4, 1.0, 1.0),
    sp.nctdtridf: (0.6, 0.5, 1.0),
}  # fmt: skip
# SciPy computes these to 6 digits only, or NaN in float32: test_special.py checks them by their equations.
ROUGH = {
    sp.itairy, sp.stdtridf, sp.chndtrinc, sp.ncfdtrinc, sp.nctdtrinc, sp.mathieu_cem, sp.mathieu_sem, sp.mathieu_modcem1, sp.mathieu_modcem2, sp.mathieu_modsem1,
    sp.mathieu_modsem2,
}  # fmt: skip
TESTED_ELSEWHERE = {*REFUSED, *ROUGH}
