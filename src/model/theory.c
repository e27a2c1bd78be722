/* The step size that the theory of stochastic gradient descent gives: γ = ε m / (2 M²), m the modulus of
 * strong convexity, M a bound of the gradients' norms (Niu, Recht, Ré, Wright 2011, section 4, without
 * its factors for threads that race).
 *
 * With a_k = E ‖w_k - w*‖², a_(k+1) ≤ (1 - 2γm) a_k + γ² M², which ends at or below γ M² / (2m) = ε/4. For
 * svm and logistic with exact L2, f̄ = 1/n Σ_e loss(w·x_e) + (λ/n) ‖w‖²:
 *
 *     m = 2λ/n       ‖∇f_e(w)‖ ≤ M = max ‖x_e‖ + m W for ‖w‖ ≤ W, as |loss'| ≤ 1
 *     W = √(f̄(0) n / λ) ≥ ‖w*‖, since (λ/n) ‖w*‖² ≤ f̄(w*) ≤ f̄(0), which is 1 or log 2
 *
 * It is small: it must hold for the worst of all such functions. */
#include "model/kind.h"
#include "num/float_env.h"
#include "num/square_root.h"

static double largest_norm(const sq_data *data) {
    double most = 0;
    for (size_t e = 0; e < data->samples; e++) {
        double squares = 0;
        for (uint64_t i = data->row[e]; i < data->row[e + 1]; i++)
            squares += (double)data->value[i] * (double)data->value[i];
        most = squares > most ? squares : most;
    }
    return sqi_square_root(most);
}

static double step_for(sq_model_kind kind, const sq_data *data, double l2, double epsilon) {
    static const double LN2 = 0x1.62e42fefa39efp-1;
    double n = (double)data->samples, convexity = 2 * l2 / n, start = kind == SQ_SVM ? 1 : LN2;
    double bound = largest_norm(data) + convexity * sqi_square_root(start * n / l2);
    return epsilon * convexity / (2 * bound * bound);
}

int sq_model_theory_step(const sq_model *model, const sq_data *data, double l2, double epsilon,
                         double *step, sq_error *error) {
    if ((model->kind != SQ_SVM && model->kind != SQ_LOGISTIC) || model->width != 1)
        return sqi_fail(
            error, SQ_BAD_ARGUMENT,
            "the theory's step size needs bounded gradients of a convex function: svm or "
            "logistic with two labels, not %s%s",
            sq_model_name(model->kind), model->width != 1 ? " with more" : "");
    if (!(l2 > 0) || !(epsilon > 0))
        return sqi_fail(
            error, SQ_BAD_ARGUMENT,
            "the theory's step size needs strong convexity, an exact L2 above 0, and an "
            "accuracy above 0");
    sqi_float_env was = sqi_float_env_enter();
    *step = step_for(model->kind, data, l2, epsilon);
    sqi_float_env_leave(was);
    return SQ_OK;
}
